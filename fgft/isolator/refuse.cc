// SPDX-License-Identifier: GPL-2.0
/* What a twin must not contain: located errors with a remedy. */
#include "refuse.h"

#include "names.h"

namespace isolator {

void refuse_unclassed(Unit &unit, gimple *stmt, const std::string &symbol)
{
	unit.report.unclassed.insert(symbol);
	/* One message a function: the row it asks for serves every call. */
	if (!unit.reported.insert(symbol).second)
		return;
	error_at(location_of(stmt), "entry points reach kernel function %qs, which has no class",
		 symbol.c_str());
	inform(UNKNOWN_LOCATION, "add a row for it to %s/*.def, or take the entry out of %s",
	       unit.options.kapi.c_str(), unit.policy.path.c_str());
}

void refuse_asm(const Unit &unit, gimple *stmt, const std::string &text)
{
	const char *kapi = unit.options.kapi.c_str();
	tree helper = inlined_from(stmt, [](tree function) { return !from_driver_source(function); });

	error_at(location_of(stmt),
		 "entry points reach an asm statement with unknown memory effects: %qs",
		 text.c_str());
	/* The helper the driver named: below it, arguments have lost their meaning. */
	if (helper)
		inform(UNKNOWN_LOCATION, "add a row for the helper it comes from, %qs, to %s/*.def",
		       native_of(symbol_of(helper)).c_str(), kapi);
	else
		inform(UNKNOWN_LOCATION, "add its pattern to %s/asm.def", kapi);
}

void refuse_fpu(const Unit &unit, gimple *stmt)
{
	error_at(location_of(stmt), "entry points reach floating-point code, whose registers a "
				    "transaction does not restore");
	inform(UNKNOWN_LOCATION, "take the entry that reaches it out of %s",
	       unit.policy.path.c_str());
}

void refuse_computed_goto(const Unit &unit, gimple *stmt)
{
	error_at(location_of(stmt), "entry points reach a computed goto, whose target cannot be "
				    "checked");
	inform(UNKNOWN_LOCATION, "use a switch, or take the entry that reaches it out of %s",
	       unit.policy.path.c_str());
}

void refuse_store(const Unit &unit, gimple *stmt)
{
	error_at(location_of(stmt), "entry points reach a store whose size is not known");
	inform(UNKNOWN_LOCATION, "give the object a fixed size, or take the entry that reaches "
				 "it out of %s",
	       unit.policy.path.c_str());
}

} // namespace isolator
