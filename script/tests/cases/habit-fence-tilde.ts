~~~
input.a + 1
~~~
