!async function () { return 3; }();
