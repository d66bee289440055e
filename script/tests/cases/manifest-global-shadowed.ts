{ const github = { a() {} }; github.a(); }
export default ((slack) => slack.b())({ b() {} });
