exports.run = async (input) => input.a;
