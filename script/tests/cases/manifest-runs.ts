import earlier from "run:r_7f3k2m9q";
import { items } from "run:r_aaaaaaaa";
import * as all from "run:r_bbbbbbbb";
import short from "run:r_1";
export default earlier;
