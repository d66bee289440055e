export=function () { return 1; }();
