"use strict";
const a = 1;
a
