await log.info("only this");
return;
