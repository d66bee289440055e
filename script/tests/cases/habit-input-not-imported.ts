export default input.owner + "/" + input.repo;
