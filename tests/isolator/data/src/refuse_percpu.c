// SPDX-License-Identifier: GPL-2.0
int variable;

void entry(void)
{
	asm("movl $1,%%gs:%0" : "=m"(variable));
}
