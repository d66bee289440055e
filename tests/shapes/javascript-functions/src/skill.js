// Functions that take and give integers.
export const counts = {
  factor: 2,
  double({ name, of }) {
    if (name === "") throw 256;
    return { name, of: of * this.factor };
  },
};

function remove(all, some) {
  return all - some;
}

export { remove as delete };

export const greet = (name) => `hello ${name}`;
