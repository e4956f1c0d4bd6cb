/* SPDX-License-Identifier: GPL-2.0 */
/* What every host test ends with: nothing allocated, nothing held. */
#ifndef HOST_FIXTURE_H
#define HOST_FIXTURE_H

#include <gtest/gtest.h>

#include "shim.h"

class Accounted : public ::testing::Test {
protected:
	void SetUp() override
	{
		shim::fail_never();
	}

	void TearDown() override
	{
		shim::fail_never();
		EXPECT_EQ(shim::pages_live(), 0u) << "pages leaked";
		EXPECT_EQ(shim::objects_live(), 0u) << "objects leaked";
		EXPECT_EQ(shim::trees_live(), 0u) << "tree not destroyed";
		EXPECT_EQ(shim::locks_held(), 0u);
		EXPECT_FALSE(shim::in_rcu_reader());
		/* Said once: the next test is not to blame. */
		shim::free_leaked();
	}
};

#endif
