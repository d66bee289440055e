module.exports = (function () { return { a: 1 }; })();
