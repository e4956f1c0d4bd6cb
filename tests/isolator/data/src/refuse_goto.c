// SPDX-License-Identifier: GPL-2.0
int entry(int *p, void *volatile *where)
{
	where[0] = &&one;
	where[1] = &&two;
	goto **where;
one:
	*p = 1;
	return 1;
two:
	*p = 2;
	return 2;
}
