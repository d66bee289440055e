(input) => input.a + input.b
