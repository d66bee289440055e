const make = () => <{ a: number }>{ a: 1 };
export default make();
