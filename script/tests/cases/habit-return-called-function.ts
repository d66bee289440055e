const a = 1;
return async function () { return a; }();
