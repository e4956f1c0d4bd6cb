// SPDX-License-Identifier: GPL-2.0
/* Names and origins of functions, types and statements. */
#include "names.h"

namespace isolator {
namespace {

/* GCC copies it to every clone it makes of a twin (.part, .constprop, .isra). */
const char twin_mark[] = "fgft_twin";

std::string directory_of(const std::string &path)
{
	size_t slash = path.rfind('/');

	return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

} // namespace

std::string symbol_of(tree decl)
{
	const char *name = IDENTIFIER_POINTER(DECL_ASSEMBLER_NAME(decl));

	return *name == '*' ? name + 1 : name;
}

std::string type_tag(tree type)
{
	tree name = TYPE_NAME(TYPE_MAIN_VARIANT(type));

	if (name && TREE_CODE(name) == TYPE_DECL)
		name = DECL_NAME(name);
	return name ? IDENTIFIER_POINTER(name) : "";
}

bool from_driver_source(tree decl)
{
	const char *file = DECL_SOURCE_FILE(decl);
	const std::string own = directory_of(compat_main_input());

	if (!file || DECL_IN_SYSTEM_HEADER(decl))
		return false;

	const std::string path = file;

	/* A driver may keep an include directory of its own beside its sources. */
	if (!own.empty() && path.compare(0, own.size(), own) == 0)
		return true;
	return path.compare(0, 8, "include/") && path.find("/include/") == std::string::npos;
}

location_t location_of(gimple *stmt)
{
	location_t location = gimple_location(stmt);

	return location != UNKNOWN_LOCATION ? location
					    : DECL_SOURCE_LOCATION(current_function_decl);
}

tree inlined_from(gimple *stmt, const std::function<bool(tree)> &wanted)
{
	tree found = NULL_TREE;

	for (tree block = gimple_block(stmt); block && TREE_CODE(block) == BLOCK;
	     block = BLOCK_SUPERCONTEXT(block)) {
		tree origin = BLOCK_ABSTRACT_ORIGIN(block);

		if (origin && TREE_CODE(origin) == FUNCTION_DECL && wanted(origin))
			found = origin;
	}
	return found;
}

bool is_twin(tree decl)
{
	return lookup_attribute(twin_mark, DECL_ATTRIBUTES(decl)) != NULL_TREE;
}

void mark_twin(tree decl)
{
	/*
	 * Until the late pass has run a twin may equal another function, and GCC
	 * would make the two one: without hooks, or under the other's name.
	 */
	tree list = tree_cons(get_identifier("no_icf"), NULL_TREE, DECL_ATTRIBUTES(decl));

	DECL_ATTRIBUTES(decl) = tree_cons(get_identifier(twin_mark), NULL_TREE, list);
}

bool has_diagnose_attribute(tree decl)
{
	return lookup_attribute("error", DECL_ATTRIBUTES(decl)) ||
	       lookup_attribute("warning", DECL_ATTRIBUTES(decl));
}

bool is_shared_memory(tree ref)
{
	tree base = get_base_address(ref);

	return !base || !DECL_P(base) || is_global_var(base);
}

bool stores_shared_memory(gimple *stmt)
{
	tree lhs;

	if (!gimple_vdef(stmt) || (!is_gimple_assign(stmt) && !is_gimple_call(stmt)))
		return false;
	if (gimple_clobber_p(stmt))
		return false;
	lhs = gimple_get_lhs(stmt);
	return lhs && !is_gimple_reg(lhs) && is_shared_memory(lhs);
}

} // namespace isolator
