export default "“quoted”";
