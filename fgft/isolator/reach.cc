// SPDX-License-Identifier: GPL-2.0
/*
 * Which functions of the unit an isolated call can reach.
 *
 * A unit does not see its siblings, so the closure starts from the entries of
 * the policy and from every function another unit may call.  It follows direct
 * calls and addresses taken in reachable bodies.  It does not follow ops
 * tables of the kernel: what hangs in them is called by the kernel, natively
 * or through an entry of its own.  A table whose record type the driver itself
 * defines is different: only the driver calls through it, and a twin would find
 * no target there.
 *
 * A function with a row is a leaf even if its body is visible: the row's
 * wrapper stands for it.
 */
#include "reach.h"

#include "hooks.h"
#include "names.h"

namespace isolator {
namespace {

class Walk {
      public:
	explicit Walk(const Unit &unit) : unit_(unit) {}

	void add_roots();
	Reach run();

      private:
	void add(cgraph_node *node, const std::string &root, bool is_root);
	void follow_reference(const std::string &root, ipa_ref *ref);
	void follow_table(const std::string &root, varpool_node *variable);
	void follow_initialiser(const std::string &root, tree type, tree value);
	void take_address(const std::string &root, cgraph_node *node);

	const Unit &unit_;
	Reach reach_;
	std::unordered_set<cgraph_node *> seen_, taken_;
	std::unordered_set<varpool_node *> tables_;
};

bool is_module_hook(const std::string &symbol)
{
	return symbol == "init_module" || symbol == "cleanup_module";
}

void Walk::add(cgraph_node *node, const std::string &root, bool is_root)
{
	node = node->ultimate_alias_target();
	if (classify_callee(unit_, node->decl) != Callee::twin)
		return;
	if (seen_.insert(node).second)
		reach_.functions.push_back({node, root, is_root});
}

void Walk::add_roots()
{
	cgraph_node *node;

	for (const auto &entry : unit_.entries)
		add(entry.native, entry.name, true);
	FOR_EACH_DEFINED_FUNCTION(node) {
		if (!TREE_PUBLIC(node->decl) || node->alias || DECL_EXTERNAL(node->decl))
			continue;
		if (!is_module_hook(symbol_of(node->decl)))
			add(node, symbol_of(node->decl), true);
	}
}

void Walk::take_address(const std::string &root, cgraph_node *node)
{
	Callee callee = classify_callee(unit_, node->ultimate_alias_target()->decl);

	if (callee != Callee::twin && callee != Callee::other_unit)
		return;
	add(node, root, false);
	if (taken_.insert(node).second)
		reach_.address_taken.push_back(node);
}

/* Functions in @value, an initialiser of @type, under fields of driver records. */
void Walk::follow_initialiser(const std::string &root, tree type, tree value)
{
	unsigned HOST_WIDE_INT i;
	tree index, element;

	STRIP_NOPS(value);
	if (TREE_CODE(value) == ADDR_EXPR) {
		tree object = TREE_OPERAND(value, 0);
		tree base = get_base_address(object);

		if (TREE_CODE(object) == FUNCTION_DECL) {
			if (type && from_driver_source(TYPE_STUB_DECL(type)))
				take_address(root, cgraph_node::get_create(object));
		} else if (base && VAR_P(base) && is_global_var(base)) {
			varpool_node *variable = varpool_node::get(base);

			if (variable)
				follow_table(root, variable);
		}
		return;
	}
	if (TREE_CODE(value) != CONSTRUCTOR)
		return;
	FOR_EACH_CONSTRUCTOR_ELT(CONSTRUCTOR_ELTS(value), i, index, element) {
		tree holder = type;

		if (index && TREE_CODE(index) == FIELD_DECL)
			holder = TYPE_MAIN_VARIANT(DECL_CONTEXT(index));
		if (holder && !TYPE_STUB_DECL(holder))
			holder = NULL_TREE;
		follow_initialiser(root, holder, element);
	}
}

void Walk::follow_table(const std::string &root, varpool_node *variable)
{
	tree value = DECL_INITIAL(variable->decl);

	if (!value || value == error_mark_node || !tables_.insert(variable).second)
		return;
	follow_initialiser(root, NULL_TREE, value);
}

void Walk::follow_reference(const std::string &root, ipa_ref *ref)
{
	if (ref->use == IPA_REF_ADDR)
		if (cgraph_node *function = dyn_cast<cgraph_node *>(ref->referred))
			take_address(root, function);
	if (varpool_node *variable = dyn_cast<varpool_node *>(ref->referred))
		follow_table(root, variable);
}

Reach Walk::run()
{
	/* The list grows while it is walked. */
	for (size_t i = 0; i < reach_.functions.size(); i++) {
		const Reached current = reach_.functions[i];
		ipa_ref *ref;

		for (cgraph_edge *edge = current.node->callees; edge; edge = edge->next_callee)
			add(edge->callee, current.root, false);
		for (int j = 0; current.node->iterate_reference(j, ref); j++)
			follow_reference(current.root, ref);
	}
	return std::move(reach_);
}

bool can_have_twin(tree decl)
{
	cgraph_node *node = cgraph_node::get(decl);
	const char *section = DECL_SECTION_NAME(decl);

	if (!node || !node->has_gimple_body_p() || node->thunk)
		return false;
	/* extern inline: the fortified string functions, which wrap a builtin. */
	if (DECL_EXTERNAL(decl))
		return false;
	/* The kernel's word "inline" says it of all; the driver's own have fault sites. */
	if (lookup_attribute("gnu_inline", DECL_ATTRIBUTES(decl)) &&
	    (TREE_PUBLIC(decl) || !from_driver_source(decl)))
		return false;
	if (section && !strncmp(section, ".noinstr", 8))
		return false;
	return !DECL_STATIC_CONSTRUCTOR(decl) && !DECL_STATIC_DESTRUCTOR(decl);
}

} // namespace

Callee classify_callee(const Unit &unit, tree decl)
{
	const std::string symbol = symbol_of(decl);
	cgraph_node *node = cgraph_node::get(decl);

	if (unit.kapi.find(symbol))
		return Callee::row;
	if (fndecl_built_in_p(decl) || is_hook(decl))
		return Callee::as_is;
	if (node && node->alias && node->definition)
		decl = node->ultimate_alias_target()->decl;
	if (can_have_twin(decl))
		return Callee::twin;
	if (!DECL_EXTERNAL(decl) || gimple_has_body_p(decl) || DECL_DECLARED_INLINE_P(decl))
		return Callee::as_is;
	if (unit.symvers.exports(symbol) || has_diagnose_attribute(decl))
		return Callee::as_is;
	return Callee::other_unit;
}

Reach find_reach(const Unit &unit)
{
	Walk walk(unit);

	walk.add_roots();
	return walk.run();
}

} // namespace isolator
