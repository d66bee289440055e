enum Bad {
  A = Math.random(),
  B = A + 1,
}
export default Bad.B;
