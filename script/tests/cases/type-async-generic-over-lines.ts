export default async <
  T,
>(a: T) => a;
