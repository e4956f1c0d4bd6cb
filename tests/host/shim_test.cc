// SPDX-License-Identifier: GPL-2.0
/* The shim itself: it has to notice what the other tests rely on it to notice. */
#include <linux/gfp.h>
#include <linux/maple_tree.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "fixture.h"

namespace {

struct Object {
	int value;
	rcu_head rcu;
};

Object *object_new()
{
	return static_cast<Object *>(kzalloc(sizeof(Object), GFP_ATOMIC));
}

class Shim : public Accounted {};
using ShimDeathTest = Shim;

class Tree : public Accounted {
protected:
	void SetUp() override
	{
		Accounted::SetUp();
		mt_init_flags(&tree_, MT_FLAGS_LOCK_EXTERN | MT_FLAGS_USE_RCU);
		mt_set_external_lock(&tree_, &lock_);
	}

	void TearDown() override
	{
		unsigned long flags;

		spin_lock_irqsave(&lock_, flags);
		__mt_destroy(&tree_);
		spin_unlock_irqrestore(&lock_, flags);
		Accounted::TearDown();
	}

	int store_unlocked(unsigned long first, unsigned long last, void *entry)
	{
		ma_state mas = { &tree_, first, last };

		return mas_store_gfp(&mas, entry, GFP_ATOMIC);
	}

	int store(unsigned long first, unsigned long last, void *entry)
	{
		unsigned long flags;
		int err;

		spin_lock_irqsave(&lock_, flags);
		err = store_unlocked(first, last, entry);
		spin_unlock_irqrestore(&lock_, flags);
		return err;
	}

	maple_tree tree_ = {};
	spinlock_t lock_ = {};
};

using TreeDeathTest = Tree;

TEST_F(Shim, PagesAreCounted)
{
	unsigned long page = __get_free_page(GFP_ATOMIC);

	EXPECT_EQ(shim::pages_live(), 1u);
	EXPECT_EQ(page % 4096, 0u);
	free_page(page);
	EXPECT_EQ(shim::pages_live(), 0u);
}

TEST_F(Shim, FailuresStrikeWhereTheyAreTold)
{
	unsigned long page;

	shim::fail_once_after(1);
	page = __get_free_page(GFP_ATOMIC);
	ASSERT_NE(page, 0u);
	EXPECT_EQ(__get_free_page(GFP_ATOMIC), 0u);
	free_page(page);
	page = __get_free_page(GFP_ATOMIC);
	EXPECT_NE(page, 0u);
	free_page(page);

	shim::fail_after(0);
	EXPECT_EQ(kzalloc(8, GFP_ATOMIC), nullptr);
	EXPECT_EQ(__get_free_page(GFP_ATOMIC), 0u);
}

TEST_F(Shim, KfreeRcuWaitsForTheGracePeriod)
{
	Object *object = object_new();

	ASSERT_TRUE(shim::object_alive(object));
	kfree_rcu(object, rcu);
	EXPECT_FALSE(shim::object_alive(object));
	EXPECT_EQ(object->value, 0);
	EXPECT_EQ(shim::objects_live(), 1u);
	rcu_barrier();
	EXPECT_EQ(shim::objects_live(), 0u);
}

TEST_F(ShimDeathTest, DoubleFreesAreFatal)
{
	EXPECT_DEATH(
		{
			unsigned long page = __get_free_page(GFP_ATOMIC);
			free_page(page);
			free_page(page);
		},
		"shim: free_page of what is no page");
	EXPECT_DEATH(
		{
			Object *object = object_new();
			kfree_rcu(object, rcu);
			kfree_rcu(object, rcu);
		},
		"shim: kfree_rcu of what is not allocated");
	EXPECT_DEATH(
		{
			Object *object = object_new();
			kfree_rcu(object, rcu);
			kfree(object);
		},
		"shim: kfree of what is not allocated");
}

TEST_F(ShimDeathTest, UnpairedLocksAreFatal)
{
	EXPECT_DEATH(
		{
			spinlock_t lock = {};
			(void)shim_lock_irqsave(&lock);
			(void)shim_lock_irqsave(&lock);
		},
		"shim: spinlock taken twice");
	EXPECT_DEATH(
		{
			spinlock_t lock = {};
			spin_unlock_irqrestore(&lock, 0);
		},
		"shim: spinlock released that is not held");
	EXPECT_DEATH(
		{
			spinlock_t one = {};
			spinlock_t other = {};
			(void)shim_lock_irqsave(&one);
			spin_unlock_irqrestore(&one, shim_lock_irqsave(&other));
		},
		"shim: spinlock released with the flags of another");
	EXPECT_DEATH(rcu_read_unlock(), "shim: rcu_read_unlock without");
	EXPECT_DEATH(
		{
			rcu_read_lock();
			rcu_barrier();
		},
		"shim: grace period waits for a reader");
	EXPECT_DEATH(
		{
			spinlock_t lock = {};
			(void)shim_lock_irqsave(&lock);
			kzalloc(8, GFP_KERNEL);
		},
		"shim: sleeping allocation under a spinlock");
}

TEST_F(TreeDeathTest, WritersNeedTheLockAndARange)
{
	EXPECT_DEATH(store_unlocked(1, 2, nullptr),
		     "shim: maple tree written without its lock");
	EXPECT_DEATH(store(2, 1, nullptr), "shim: maple tree store of a range");
	EXPECT_DEATH(__mt_destroy(&tree_), "shim: maple tree written without its lock");
}

TEST_F(Tree, StoresCutWhatIsThere)
{
	int a = 0, b = 0;
	unsigned long index = 0;

	ASSERT_EQ(store(10, 29, &a), 0);
	ASSERT_EQ(store(15, 19, &b), 0);
	EXPECT_EQ(mtree_load(&tree_, 9), nullptr);
	EXPECT_EQ(mtree_load(&tree_, 10), &a);
	EXPECT_EQ(mtree_load(&tree_, 14), &a);
	EXPECT_EQ(mtree_load(&tree_, 15), &b);
	EXPECT_EQ(mtree_load(&tree_, 19), &b);
	EXPECT_EQ(mtree_load(&tree_, 20), &a);
	EXPECT_EQ(mtree_load(&tree_, 29), &a);
	EXPECT_EQ(mtree_load(&tree_, 30), nullptr);

	EXPECT_EQ(mt_find(&tree_, &index, ULONG_MAX), &a);
	EXPECT_EQ(index, 15u);
	EXPECT_EQ(mt_find_after(&tree_, &index, ULONG_MAX), &b);
	EXPECT_EQ(index, 20u);
	EXPECT_EQ(mt_find_after(&tree_, &index, 19), nullptr);
	EXPECT_EQ(mt_find_after(&tree_, &index, ULONG_MAX), &a);
	EXPECT_EQ(index, 30u);
	EXPECT_EQ(mt_find_after(&tree_, &index, ULONG_MAX), nullptr);

	ASSERT_EQ(store(12, 24, nullptr), 0);
	EXPECT_EQ(mtree_load(&tree_, 11), &a);
	EXPECT_EQ(mtree_load(&tree_, 12), nullptr);
	EXPECT_EQ(mtree_load(&tree_, 24), nullptr);
	EXPECT_EQ(mtree_load(&tree_, 25), &a);
}

TEST_F(Tree, TheLastIndexEndsAWalk)
{
	unsigned long index = 0;
	int a = 0;

	ASSERT_EQ(store(ULONG_MAX - 1, ULONG_MAX, &a), 0);
	EXPECT_EQ(mt_find(&tree_, &index, ULONG_MAX), &a);
	EXPECT_EQ(index, 0u);
	EXPECT_EQ(mt_find_after(&tree_, &index, ULONG_MAX), nullptr);
}

TEST_F(Tree, AFailedStoreChangesNothing)
{
	int a = 0, b = 0;

	ASSERT_EQ(store(10, 19, &a), 0);
	shim::fail_once_after(0);
	EXPECT_EQ(store(5, 14, &b), -ENOMEM);
	EXPECT_EQ(mtree_load(&tree_, 5), nullptr);
	EXPECT_EQ(mtree_load(&tree_, 10), &a);
	EXPECT_EQ(mtree_load(&tree_, 14), &a);
}

TEST_F(Tree, StaleEntriesAreSeen)
{
	Object *object = object_new();

	ASSERT_EQ(store(1, 1, object), 0);
	EXPECT_EQ(shim::stale_entries(), 0u);
	kfree_rcu(object, rcu);
	EXPECT_EQ(shim::stale_entries(), 1u);
	ASSERT_EQ(store(1, 1, nullptr), 0);
	EXPECT_EQ(shim::stale_entries(), 0u);
	rcu_barrier();
}

} // namespace
