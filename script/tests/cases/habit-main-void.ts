async function run() { return 1; }
void run();
