const a = ;
export default a;
