/* SPDX-License-Identifier: GPL-2.0 */
/* A domain of its own for each test, and addresses that nobody follows. */
#ifndef HOST_DOMAIN_FIXTURE_H
#define HOST_DOMAIN_FIXTURE_H

extern "C" {
#include <linux/rcupdate.h>

#include "fgft.h"
}

#include "fixture.h"

class Domain : public Accounted {
protected:
	/* Where the kernel's linear mapping is; never dereferenced. */
	static constexpr unsigned long base = 0xffff888000100000UL;

	void SetUp() override
	{
		Accounted::SetUp();
		init();
	}

	void TearDown() override
	{
		shim::fail_never();
		if (up_)
			exit();
		Accounted::TearDown();
	}

	void init()
	{
		ASSERT_EQ(fgft_domain_init(), 0);
		up_ = true;
	}

	void exit()
	{
		fgft_domain_exit();
		up_ = false;
	}

	static const void *at(unsigned long address)
	{
		return reinterpret_cast<const void *>(address);
	}

	static fgft_range *add(fgft_module &mod, unsigned long start, size_t size)
	{
		return fgft_domain_add(&mod, at(start), size, FGFT_RANGE_SLAB);
	}

	/* A range that nobody owns is as good as none: both abort a store. */
	static fgft_module *owner(unsigned long address)
	{
		const fgft_range *range = fgft_domain_find(at(address));

		return range ? range->mod : nullptr;
	}

	static u32 counted(fgft_module &mod)
	{
		u32 count[FGFT_RANGE_KINDS], total = 0;
		u64 bytes[FGFT_RANGE_KINDS];

		fgft_domain_count(&mod, count, bytes);
		for (u32 ranges : count)
			total += ranges;
		return total;
	}

	fgft_module one = {};
	fgft_module two = {};

private:
	bool up_ = false;
};

#endif
