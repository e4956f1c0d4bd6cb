// SPDX-License-Identifier: GPL-2.0
#include "fake.h"
#include "fake_frob.h"

int entry(void *p)
{
	frob(p);
	return 0;
}
