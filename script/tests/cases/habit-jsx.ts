const name = "a";
export default <b>{name}</b>;
