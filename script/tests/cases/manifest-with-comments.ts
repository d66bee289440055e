import /* a */ { /* b */ get_me /* c */, /* d */ type X /* e */ } /* f */ from /* g */ "mcp:github" /* h */; // i
export default await /* j */ get_me /* k */ (/* l */ { /* m */ } /* n */);
