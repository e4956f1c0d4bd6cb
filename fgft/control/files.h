/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Make the sysfs attributes of one kind of object from its table.
 *
 * Included once a kind, with these defined; no include guard for that reason:
 *
 *	SCOPE		prefix of functions and of what is made here
 *	SCOPE_TABLE	the table
 *	SCOPE_OBJECT	declares the object of "kobj" for CONTROL_NUMBER
 *
 * What comes out is <scope>_groups.
 */
#define SCOPED(name)	CONCATENATE(SCOPE, name)

#define CONTROL_RW(name)						\
static struct kobj_attribute SCOPED(_file_##name) =			\
	__ATTR(name, 0600, SCOPED(_##name##_show), SCOPED(_##name##_store));
#define CONTROL_RO(name)						\
static struct kobj_attribute SCOPED(_file_##name) =			\
	__ATTR(name, 0400, SCOPED(_##name##_show), NULL);
#define CONTROL_NUMBER(name, value)					\
static ssize_t SCOPED(_##name##_show)(struct kobject *kobj,		\
				      struct kobj_attribute *attr,	\
				      char *buf)			\
{									\
	SCOPE_OBJECT;							\
									\
	return sysfs_emit(buf, "%llu\n", (u64)(value));			\
}									\
CONTROL_RO(name)

#include SCOPE_TABLE

#undef CONTROL_RW
#undef CONTROL_RO
#undef CONTROL_NUMBER
#define CONTROL_RW(name)		&SCOPED(_file_##name).attr,
#define CONTROL_RO(name)		&SCOPED(_file_##name).attr,
#define CONTROL_NUMBER(name, value)	&SCOPED(_file_##name).attr,

static struct attribute *SCOPED(_attrs)[] = {
#include SCOPE_TABLE
	NULL
};

static const struct attribute_group SCOPED(_group) = {
	.attrs = SCOPED(_attrs),
};

static const struct attribute_group *SCOPED(_groups)[] = {
	&SCOPED(_group),
	NULL
};

#undef CONTROL_RW
#undef CONTROL_RO
#undef CONTROL_NUMBER
#undef SCOPED
#undef SCOPE
#undef SCOPE_TABLE
#undef SCOPE_OBJECT
