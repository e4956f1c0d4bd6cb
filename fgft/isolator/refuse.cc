// SPDX-License-Identifier: GPL-2.0
/* What a twin must not contain: located errors with a remedy. */
#include "refuse.h"

#include "names.h"

namespace isolator {
namespace {

std::string quoted(const std::string &name)
{
	return "'" + name + "'";
}

std::string without(const Unit &unit, const std::string &what)
{
	return "take " + what + " out of " + unit.policy.path;
}

} // namespace

void refuse(Unit &unit, location_t where, const std::string &what, const std::string &remedy)
{
	if (unit.options.survey) {
		const expanded_location place = expand_location(where);

		unit.report.refusals.push_back(
			{place.file ? place.file : "", static_cast<unsigned>(place.line),
			 current_function_decl ? native_of(symbol_of(current_function_decl)) : "", what});
		return;
	}
	error_at(where, "%s", what.c_str());
	inform(UNKNOWN_LOCATION, "%s", remedy.c_str());
}

void refuse_unclassed(Unit &unit, gimple *stmt, const std::string &symbol)
{
	unit.report.unclassed[symbol].insert(native_of(symbol_of(current_function_decl)));
	/* One message a function: the row it asks for serves every call. */
	if (unit.options.survey || !unit.reported.insert(symbol).second)
		return;
	refuse(unit, location_of(stmt),
	       "entry points reach kernel function " + quoted(symbol) + ", which has no class",
	       "add a row for it to " + unit.options.kapi + "/*.def, or " + without(unit, "the entry"));
}

void refuse_asm(Unit &unit, gimple *stmt, const std::string &text)
{
	tree helper = inlined_from(stmt, [](tree function) { return !from_driver_source(function); });
	const std::string what =
		"entry points reach an asm statement with unknown memory effects: " + quoted(text);

	/* The helper the driver named: below it, arguments have lost their meaning. */
	if (helper)
		refuse(unit, location_of(stmt), what,
		       "add a row for the helper it comes from, " +
			       quoted(native_of(symbol_of(helper))) + ", to " + unit.options.kapi +
			       "/*.def");
	else
		refuse(unit, location_of(stmt), what,
		       "add its pattern to " + unit.options.kapi + "/asm.def");
}

void refuse_fpu(Unit &unit, gimple *stmt)
{
	refuse(unit, location_of(stmt),
	       "entry points reach floating-point code, whose registers a transaction does not restore",
	       without(unit, "the entry that reaches it"));
}

void refuse_computed_goto(Unit &unit, gimple *stmt)
{
	refuse(unit, location_of(stmt),
	       "entry points reach a computed goto, whose target cannot be checked",
	       "use a switch, or " + without(unit, "the entry that reaches it"));
}

void refuse_store(Unit &unit, gimple *stmt)
{
	refuse(unit, location_of(stmt), "entry points reach a store whose size is not known",
	       "give the object a fixed size, or " + without(unit, "the entry that reaches it"));
}

} // namespace isolator
