// SPDX-License-Identifier: GPL-2.0
/* The isolated entry points of the unit, described from their C types. */
#include "entry.h"

#include "names.h"
#include "reach.h"
#include "refuse.h"
#include "table.h"

namespace isolator {
namespace {

const unsigned arg_pointer = 0x1, arg_const = 0x2, arg_record = 0x4;	/* FGFT_ARG_* */
const unsigned register_arguments = 6;

/* A struct of integers and pointers that travels in one register, as pm_message_t. */
bool fits_register(tree type)
{
	if (INTEGRAL_TYPE_P(type) || POINTER_TYPE_P(type))
		return true;
	if (TREE_CODE(type) != RECORD_TYPE || !tree_fits_uhwi_p(TYPE_SIZE_UNIT(type)) ||
	    tree_to_uhwi(TYPE_SIZE_UNIT(type)) > 8)
		return false;
	for (tree field = TYPE_FIELDS(type); field; field = DECL_CHAIN(field))
		if (TREE_CODE(field) == FIELD_DECL && !fits_register(TREE_TYPE(field)))
			return false;
	return true;
}

/* Why @type cannot be the signature of an entry point; "" if it can. */
std::string unfit(tree type)
{
	tree result = TREE_TYPE(type);
	unsigned count = 0;

	if (stdarg_p(type) || !prototype_p(type))
		return "it takes a variable number of arguments";
	if (!VOID_TYPE_P(result) && !INTEGRAL_TYPE_P(result) && !POINTER_TYPE_P(result))
		return "it returns neither an integer nor a pointer";
	for (tree arg = TYPE_ARG_TYPES(type); arg && arg != void_list_node; arg = TREE_CHAIN(arg)) {
		tree value = TREE_VALUE(arg);

		if (!fits_register(value))
			return "argument " + std::to_string(count + 1) +
			       " is neither an integer nor a pointer";
		if (tree_to_uhwi(TYPE_SIZE_UNIT(value)) > 8)
			return "argument " + std::to_string(count + 1) +
			       " does not fit a register";
		count++;
	}
	if (count > register_arguments)
		return "it takes " + std::to_string(count) + " arguments, more than six";
	return "";
}

ReturnKind return_kind(tree type)
{
	if (VOID_TYPE_P(type))
		return ReturnKind::none;
	if (POINTER_TYPE_P(type))
		return ReturnKind::pointer;
	if (TREE_CODE(type) == BOOLEAN_TYPE)
		return ReturnKind::boolean;
	if (TREE_CODE(type) == ENUMERAL_TYPE || TYPE_UNSIGNED(type))
		return ReturnKind::unsign;
	return tree_to_uhwi(TYPE_SIZE_UNIT(type)) > 4 ? ReturnKind::wide : ReturnKind::integer;
}

EntryArgument describe_argument(tree type)
{
	EntryArgument argument = {"", 0, 0};

	if (!POINTER_TYPE_P(type))
		return argument;

	tree object = TREE_TYPE(type);
	tree size = TYPE_SIZE_UNIT(object);

	argument.flags = arg_pointer;
	if (TYPE_READONLY(object))
		argument.flags |= arg_const;
	if (size && tree_fits_uhwi_p(size) && !VOID_TYPE_P(object))
		argument.size = tree_to_uhwi(size);
	if (RECORD_OR_UNION_TYPE_P(object)) {
		argument.type = type_tag(object);
		if (COMPLETE_TYPE_P(object))
			argument.flags |= arg_record;
	}
	return argument;
}

EntryPoint describe_entry(cgraph_node *node, const std::string &name)
{
	tree type = TREE_TYPE(node->decl);
	EntryPoint entry;

	entry.native = node;
	entry.name = name;
	entry.ret = return_kind(TREE_TYPE(type));
	for (tree arg = TYPE_ARG_TYPES(type); arg && arg != void_list_node; arg = TREE_CHAIN(arg))
		entry.arguments.push_back(describe_argument(TREE_VALUE(arg)));
	return entry;
}

/*
 * A function of this unit: an entry point if the policy lists it, or lists all
 * and the kernel is handed it.
 */
void consider(Unit &unit, cgraph_node *node, const TableMap &tables)
{
	const std::string name = symbol_of(node->decl);
	const std::string why = unfit(TREE_TYPE(node->decl));
	const bool listed = unit.policy.has_entry(name);
	auto place = tables.find(node);
	const bool handed = place != tables.end() && place->second.kernel &&
			    from_driver_source(node->decl);

	if (listed && !why.empty())
		refuse(unit, DECL_SOURCE_LOCATION(node->decl),
		       "entry '" + name + "' cannot be isolated: " + why,
		       "take the entry out of " + unit.policy.path);

	std::string reason = unit.policy.why_native(name);

	if (reason.empty())
		reason = why;
	if (reason.empty() && classify_callee(unit, node->decl) != Callee::twin)
		reason = "it can have no twin";
	if (handed)
		unit.report.candidates[name] = {place->second.name, reason};
	if (!reason.empty() || (!listed && !handed))
		return;
	unit.entries.push_back(describe_entry(node, name));
	if (place != tables.end())
		unit.entries.back().table = place->second.name;
}

/* Handed to the kernel here, but another unit of the driver has the body. */
void note_foreign(Unit &unit, const TableMap &tables)
{
	for (const auto &[node, place] : tables) {
		const std::string name = symbol_of(node->decl);

		if (place.kernel && classify_callee(unit, node->decl) == Callee::other_unit &&
		    !unit.policy.has_entry(name))
			unit.report.candidates[name] = {
				place.name, "its body is in another source file: the policy "
					    "must list it by name"};
	}
}

} // namespace

void find_entries(Unit &unit)
{
	const TableMap tables = find_tables();
	cgraph_node *node;

	FOR_EACH_FUNCTION_WITH_GIMPLE_BODY(node)
		if (!node->alias && !DECL_EXTERNAL(node->decl))
			consider(unit, node, tables);
	note_foreign(unit, tables);

	for (auto &entry : unit.entries) {
		tree attributes = DECL_ATTRIBUTES(entry.native->decl);

		unit.entry_uids[DECL_UID(entry.native->decl)] = entry.name;
		/* Two entries with one body must stay two: each has its own branch. */
		DECL_ATTRIBUTES(entry.native->decl) =
			tree_cons(get_identifier("no_icf"), NULL_TREE, attributes);
		entry.native->mark_force_output();
	}
	/* Cgraph order is not the source's; records and reports should be stable. */
	std::sort(unit.entries.begin(), unit.entries.end(),
		  [](const EntryPoint &a, const EntryPoint &b) { return a.name < b.name; });
}

} // namespace isolator
