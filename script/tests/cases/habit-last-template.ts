`${1 + 1} issues`
