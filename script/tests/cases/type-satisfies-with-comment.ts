export default {
  a: 1, // one
} /* kept */ satisfies /* gone */ Record<string, number> // end
