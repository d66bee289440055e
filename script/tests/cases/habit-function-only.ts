function countStale(input: { days: number }) {
  return input.days;
}
