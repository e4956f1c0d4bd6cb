/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A test suite inside the kernel, small enough for stock kernels without KUnit.
 *
 * Results go to the kernel log as KTAP and can be read again from
 * /sys/module/fgft_test/parameters/ktap.  What a test knows of the run time it
 * learns as a user does: from sysfs and from what calls return.
 */
#ifndef KTAP_H
#define KTAP_H

#include <linux/types.h>

/**
 * struct ktap_run - one test while it runs
 * @failures: expectations that did not hold
 * @skip: why nothing was tested; NULL if something was
 * @faults: what the driver's fault count was before
 */
struct ktap_run {
	u32 failures;
	const char *skip;
	u64 faults;
};

struct ktap_test {
	const char *name;
	void (*run)(struct ktap_run *run);
};

/* The suites; each ends with a test without a name. */
extern const struct ktap_test call_tests[];
extern const struct ktap_test detect_tests[];
extern const struct ktap_test lock_tests[];
extern const struct ktap_test outcome_tests[];
extern const struct ktap_test undo_tests[];
extern const struct ktap_test domain_tests[];
extern const struct ktap_test kapi_tests[];
extern const struct ktap_test checkpoint_tests[];
extern const struct ktap_test registers_tests[];
extern const struct ktap_test policy_tests[];
extern const struct ktap_test recover_tests[];

void ktap_run_all(void);
/* The KTAP text so far. */
const char *ktap_text(void);
/* Tests that failed. */
u32 ktap_failed(void);

void ktap_expect(struct ktap_run *run, bool good, const char *file, int line,
		 const char *what);
void ktap_expect_eq(struct ktap_run *run, u64 is, u64 wanted, const char *file,
		    int line, const char *what);

#define EXPECT(run, condition) \
	ktap_expect(run, condition, __FILE__, __LINE__, #condition)
#define EXPECT_EQ(run, is, wanted) \
	ktap_expect_eq(run, (u64)(is), (u64)(wanted), __FILE__, __LINE__, \
		       #is " == " #wanted)

/*
 * Exactly one fault since the test began or since the last such expectation;
 * its entry, cause and step are as named in sysfs.  Waits for a restore.
 */
void ktap_expect_fault(struct ktap_run *run, const char *entry,
		       const char *cause, const char *step, const char *file,
		       int line);
void ktap_expect_no_fault(struct ktap_run *run, const char *file, int line);

#define EXPECT_FAULT(run, entry, cause, step) \
	ktap_expect_fault(run, entry, cause, step, __FILE__, __LINE__)
#define EXPECT_NO_FAULT(run) \
	ktap_expect_no_fault(run, __FILE__, __LINE__)

/*
 * Files below /sys/kernel/fgft/fgft_test.  Reading gives an empty string on
 * failure, which no expectation takes for an answer.
 */
#define CONTROL_SIZE	1024	/* holds last_fault */
#define RANGES_SIZE	256	/* holds ranges */
char *control_read(const char *file, char *buf, size_t size);
u64 control_number(const char *file);
int control_write(const char *file, const char *text);
/* A parameter of fgft.ko. */
int parameter_write(const char *name, const char *text);

#endif /* KTAP_H */
