// SPDX-License-Identifier: GPL-2.0
/*
 * Mutants in driver functions: one branch a site, dormant until its number is
 * written to the unit's word at run time.
 *
 * Before:
 *	ring->next_to_use = i;
 * After:
 *	if (mutants.armed)
 *		i = __fgft_mutant(&mutants, 0x2000117, i, 1);
 *	ring->next_to_use = i;
 *
 * Like fault sites they go in before twins are made: a twin has the mutants of
 * its native under the same numbers, and one build serves every trial, native
 * and isolated.  What kinds of mistakes there are is in operators.cc; here is
 * how each changes a statement.
 *
 * The word is read anew at each site.  Otherwise the compiler would make two
 * versions of a function, one for the word being zero.
 */
#include "mutate.h"

#include "hooks.h"
#include "names.h"

namespace isolator {
namespace {

const char act_symbol[] = "__fgft_mutant_act";
const unsigned effect_shift = 24;

/*
 * Mutants of one operator in one function.  More of the same would only make
 * large functions count for more than small ones.
 */
const size_t most_of_a_kind = 2;

cgraph_node *find_function(const char *symbol)
{
	cgraph_node *node;

	FOR_EACH_FUNCTION_WITH_GIMPLE_BODY(node)
		if (symbol_of(node->decl) == symbol)
			return node;
	return nullptr;
}

/* Edges and blocks of "if (armed) { cold } rest", made around one place. */
struct Fork {
	basic_block head;	/* ends with the branch */
	basic_block cold;	/* empty, leads to rest */
	basic_block rest;
};

class Mutator {
      public:
	Mutator(Unit &unit, tree act) : unit_(unit), act_(act) {}

	void run(const Scene &scene);

      private:
	using Group = std::pair<const Operator *, std::vector<MutantPlace>>;

	std::vector<Group> find(const Scene &scene);
	void apply(const Operator &op, const Scene &scene, const MutantPlace &place);
	gassign *read_armed();
	Fork fork(gimple *after, location_t where);
	void block_in_loop(basic_block bb, basic_block like);
	tree ask(basic_block bb, tree value, tree aux);
	tree as_word(basic_block bb, tree value);
	tree from_word(basic_block bb, tree word, tree type);
	basic_block branch_on(basic_block cold, tree answer, basic_block rest);

	tree merged(const Fork &fork, tree usual, tree changed);
	void change_value(const MutantPlace &place);
	void change_result(const MutantPlace &place);
	void change_condition(const MutantPlace &place);
	void replace(const MutantPlace &place);
	void add(const MutantPlace &place, bool after);
	void begin_with(const MutantPlace &place, tree function);

	Unit &unit_;
	tree act_;
	unsigned number_ = 0;
};

/* ---- pieces ------------------------------------------------------------------ */

gassign *Mutator::read_armed()
{
	tree word = armed_object();

	return gimple_build_assign(make_ssa_name(TREE_TYPE(word)), word);
}

void Mutator::block_in_loop(basic_block bb, basic_block like)
{
	if (current_loops)
		add_bb_to_loop(bb, like->loop_father);
}

/* @after reads the word; what follows it becomes the rest. */
Fork Mutator::fork(gimple *after, location_t where)
{
	basic_block head = gimple_bb(after);
	edge over = split_block(head, after);
	basic_block rest = over->dest;
	basic_block cold = create_empty_bb(head);
	tree armed = gimple_assign_lhs(after);
	gimple_stmt_iterator gsi = gsi_last_bb(head);
	gcond *branch = gimple_build_cond(NE_EXPR, armed, build_zero_cst(TREE_TYPE(armed)),
					  NULL_TREE, NULL_TREE);

	block_in_loop(cold, head);
	gimple_set_location(branch, where);
	gsi_insert_after(&gsi, branch, GSI_NEW_STMT);
	over->flags = EDGE_FALSE_VALUE;
	over->probability = profile_probability::very_likely();

	edge into = make_edge(head, cold, EDGE_TRUE_VALUE);

	into->probability = profile_probability::very_unlikely();
	cold->count = into->count();
	make_single_succ_edge(cold, rest, EDGE_FALLTHRU);
	return {head, cold, rest};
}

void append(basic_block bb, gimple *stmt)
{
	gimple_stmt_iterator gsi = gsi_last_bb(bb);

	gsi_insert_after(&gsi, stmt, GSI_NEW_STMT);
}

tree converted(basic_block bb, tree type, tree value)
{
	if (useless_type_conversion_p(type, TREE_TYPE(value)))
		return value;

	tree name = make_ssa_name(type);

	append(bb, gimple_build_assign(name, NOP_EXPR, value));
	return name;
}

/* By way of unsigned long: pointers convert to nothing else. */
tree Mutator::as_word(basic_block bb, tree value)
{
	tree type = TREE_TYPE(value);

	if (CONSTANT_CLASS_P(value) && TREE_CODE(value) == INTEGER_CST)
		return fold_convert(uint64_type_node, value);
	if (POINTER_TYPE_P(type)) {
		if (!is_gimple_val(value))
			return build_zero_cst(uint64_type_node);
		value = converted(bb, long_unsigned_type_node, value);
	}
	return converted(bb, uint64_type_node, value);
}

tree Mutator::from_word(basic_block bb, tree word, tree type)
{
	if (POINTER_TYPE_P(type))
		word = converted(bb, long_unsigned_type_node, word);
	else if (TREE_CODE(type) == BOOLEAN_TYPE) {
		tree flag = make_ssa_name(type);

		append(bb, gimple_build_assign(flag, NE_EXPR, word,
					       build_zero_cst(TREE_TYPE(word))));
		return flag;
	}
	return converted(bb, type, word);
}

/* "__fgft_mutant(&mutants, number, value, aux)" at the end of @bb. */
tree Mutator::ask(basic_block bb, tree value, tree aux)
{
	tree record = build_fold_addr_expr(mutants_object());
	gcall *call = gimple_build_call(mutant_hook(), 4, record,
					build_int_cstu(unsigned_type_node, number_), value, aux);
	tree answer = make_ssa_name(uint64_type_node);

	gimple_call_set_lhs(call, answer);
	append(bb, call);
	return answer;
}

/* A block between @cold and @rest that is passed if @answer is not zero. */
basic_block Mutator::branch_on(basic_block cold, tree answer, basic_block rest)
{
	basic_block awake = create_empty_bb(cold);
	edge usual = single_succ_edge(cold);

	block_in_loop(awake, cold);
	append(cold, gimple_build_cond(NE_EXPR, answer, build_zero_cst(TREE_TYPE(answer)),
				       NULL_TREE, NULL_TREE));
	usual->flags = EDGE_FALSE_VALUE;
	usual->probability = profile_probability::even();

	edge into = make_edge(cold, awake, EDGE_TRUE_VALUE);

	into->probability = profile_probability::even();
	awake->count = into->count();
	make_single_succ_edge(awake, rest, EDGE_FALLTHRU);
	return awake;
}

tree Mutator::merged(const Fork &fork, tree usual, tree changed)
{
	tree name = make_ssa_name(TREE_TYPE(usual));
	gphi *phi = create_phi_node(name, fork.rest);

	add_phi_arg(phi, usual, find_edge(fork.head, fork.rest), UNKNOWN_LOCATION);
	add_phi_arg(phi, changed, find_edge(fork.cold, fork.rest), UNKNOWN_LOCATION);
	return name;
}

/* ---- ways to change a statement -------------------------------------------------- */

/* The tree that holds the value of @place. */
tree *slot_of(const MutantPlace &place)
{
	tree *at = gimple_op_ptr(place.stmt, place.index);

	if (place.slot == Slot::base) {
		while (handled_component_p(*at))
			at = &TREE_OPERAND(*at, 0);
		at = &TREE_OPERAND(*at, 0);
	}
	return at;
}

tree aux_of(const MutantPlace &place)
{
	return build_int_cstu(uint64_type_node, place.aux);
}

void Mutator::change_value(const MutantPlace &place)
{
	gimple_stmt_iterator gsi = gsi_for_stmt(place.stmt);
	gassign *read = read_armed();

	gsi_insert_before(&gsi, read, GSI_SAME_STMT);

	Fork at = fork(read, gimple_location(place.stmt));
	tree old = *slot_of(place);
	tree aux = place.other ? as_word(at.cold, place.other) : aux_of(place);
	tree answer = ask(at.cold, as_word(at.cold, old), aux);
	tree changed = from_word(at.cold, answer, TREE_TYPE(old));

	*slot_of(place) = merged(at, old, changed);
	update_stmt(place.stmt);
}

void Mutator::change_result(const MutantPlace &place)
{
	tree name = gimple_get_lhs(place.stmt);
	tree usual = copy_ssa_name(name);
	gimple_stmt_iterator gsi = gsi_for_stmt(place.stmt);
	gassign *read = read_armed();

	gimple_set_lhs(place.stmt, usual);
	update_stmt(place.stmt);
	gsi_insert_after(&gsi, read, GSI_NEW_STMT);

	Fork at = fork(read, gimple_location(place.stmt));
	tree answer = ask(at.cold, as_word(at.cold, usual), aux_of(place));
	tree changed = from_word(at.cold, answer, TREE_TYPE(name));
	gphi *phi = create_phi_node(name, at.rest);

	add_phi_arg(phi, usual, find_edge(at.head, at.rest), UNKNOWN_LOCATION);
	add_phi_arg(phi, changed, find_edge(at.cold, at.rest), UNKNOWN_LOCATION);
}

void Mutator::change_condition(const MutantPlace &place)
{
	gcond *branch = as_a<gcond *>(place.stmt);
	gimple_stmt_iterator gsi = gsi_for_stmt(branch);
	tree flag = make_ssa_name(boolean_type_node);
	gassign *decide = gimple_build_assign(flag, gimple_cond_code(branch),
					      gimple_cond_lhs(branch), gimple_cond_rhs(branch));
	gassign *read = read_armed();

	gsi_insert_before(&gsi, decide, GSI_SAME_STMT);
	gsi_insert_before(&gsi, read, GSI_SAME_STMT);

	Fork at = fork(read, gimple_location(branch));
	tree answer = ask(at.cold, as_word(at.cold, flag), aux_of(place));
	tree changed = from_word(at.cold, answer, boolean_type_node);

	gimple_cond_set_condition(branch, NE_EXPR, merged(at, flag, changed), boolean_false_node);
	update_stmt(branch);
}

/* The memory it reads and writes is another version: found anew at the end. */
gimple *copied(gimple *stmt)
{
	gimple *copy = gimple_copy(stmt);

	if (gimple_has_mem_ops(copy)) {
		gimple_set_vdef(copy, NULL_TREE);
		gimple_set_vuse(copy, NULL_TREE);
	}
	return copy;
}

/* A copy that names the other field. */
gimple *altered(const MutantPlace &place)
{
	gimple *copy = copied(place.stmt);
	tree *ref = gimple_op_ptr(copy, place.index);

	*ref = unshare_expr(*ref);
	TREE_OPERAND(*ref, 1) = place.pointer;
	return copy;
}

/* Left out, or something else instead. */
void Mutator::replace(const MutantPlace &place)
{
	gimple *stmt = place.stmt;
	tree name = gimple_get_lhs(stmt);
	const bool yields = name && TREE_CODE(name) == SSA_NAME;
	gimple_stmt_iterator gsi = gsi_for_stmt(stmt);
	gassign *read = read_armed();

	gsi_insert_before(&gsi, read, GSI_SAME_STMT);

	Fork at = fork(read, gimple_location(stmt));
	edge after = split_block(at.rest, stmt);
	basic_block rest = after->dest;
	tree answer = ask(at.cold, build_zero_cst(uint64_type_node),
			  build_one_cst(uint64_type_node));
	basic_block awake = branch_on(at.cold, answer, at.rest);

	redirect_edge_succ(single_succ_edge(awake), rest);
	if (place.how == How::alter) {
		gimple *copy = altered(place);

		if (yields)
			gimple_set_lhs(copy, copy_ssa_name(name));
		append(awake, copy);
		update_stmt(copy);
	}
	if (!yields)
		return;

	tree usual = copy_ssa_name(name);
	tree instead = place.how == How::alter ? gimple_get_lhs(last_stmt(awake))
					       : build_zero_cst(TREE_TYPE(name));

	gimple_set_lhs(stmt, usual);
	update_stmt(stmt);

	gphi *phi = create_phi_node(name, rest);

	add_phi_arg(phi, usual, find_edge(gimple_bb(stmt), rest), UNKNOWN_LOCATION);
	add_phi_arg(phi, instead, find_edge(awake, rest), UNKNOWN_LOCATION);
}

/* One more statement, before or after. */
void Mutator::add(const MutantPlace &place, bool after)
{
	gimple_stmt_iterator gsi = gsi_for_stmt(place.stmt);
	gassign *read = read_armed();

	if (after)
		gsi_insert_after(&gsi, read, GSI_NEW_STMT);
	else
		gsi_insert_before(&gsi, read, GSI_SAME_STMT);

	Fork at = fork(read, gimple_location(place.stmt));
	gimple *extra;

	if (place.how == How::repeat) {
		extra = copied(place.stmt);
		if (gimple_get_lhs(extra))
			gimple_set_lhs(extra, NULL_TREE);
	} else {
		extra = gimple_build_call(act_, 2,
					  build_int_cst(integer_type_node,
							static_cast<int>(place.act)),
					  place.pointer ? place.pointer : null_pointer_node);
		gimple_set_location(extra, gimple_location(place.stmt));
	}

	tree answer = ask(at.cold, build_zero_cst(uint64_type_node),
			  build_one_cst(uint64_type_node));

	append(branch_on(at.cold, answer, at.rest), extra);
	update_stmt(extra);
}

/* At the head of the function: call it once more, or leave it at once. */
void Mutator::begin_with(const MutantPlace &place, tree function)
{
	edge first = single_succ_edge(ENTRY_BLOCK_PTR_FOR_FN(cfun));
	basic_block head = split_edge(first);
	gassign *read = read_armed();

	append(head, read);

	Fork at = fork(read, DECL_SOURCE_LOCATION(function));
	tree answer = ask(at.cold, build_zero_cst(uint64_type_node),
			  build_one_cst(uint64_type_node));
	basic_block awake = branch_on(at.cold, answer, at.rest);

	if (place.how == How::recurse) {
		auto_vec<tree> arguments;

		for (tree each = DECL_ARGUMENTS(function); each; each = DECL_CHAIN(each)) {
			tree name = ssa_default_def(cfun, each);

			arguments.safe_push(name ? name : build_zero_cst(TREE_TYPE(each)));
		}
		append(awake, gimple_build_call_vec(function, arguments));
		return;
	}

	tree type = TREE_TYPE(TREE_TYPE(function));
	tree value = VOID_TYPE_P(type) ? NULL_TREE : build_zero_cst(type);

	remove_edge(single_succ_edge(awake));
	append(awake, gimple_build_return(value));
	make_edge(awake, EXIT_BLOCK_PTR_FOR_FN(cfun), 0);
}

/* ---- one function -------------------------------------------------------------------- */

std::vector<MutantPlace> spread(const std::vector<MutantPlace> &all)
{
	std::vector<MutantPlace> some;

	if (all.size() <= most_of_a_kind)
		return all;
	/* From the middle of equal parts: heads of functions are all alike. */
	for (size_t i = 0; i < most_of_a_kind; i++)
		some.push_back(all[(2 * i + 1) * all.size() / (2 * most_of_a_kind)]);
	return some;
}

/*
 * Must no call of @callee be left at the end?  The compiler is to diagnose it,
 * or the linker: nobody has such a symbol.
 */
bool is_assertion(const Unit &unit, tree callee)
{
	cgraph_node *node = cgraph_node::get(callee);

	return has_diagnose_attribute(callee) ||
	       (TREE_PUBLIC(callee) && !fndecl_built_in_p(callee) &&
		!(node && node->has_gimple_body_p()) &&
		symbol_of(callee).compare(0, 6, "__bad_") == 0 &&
		!unit.symvers.exports(symbol_of(callee)));
}

bool holds_assertion(const Unit &unit, basic_block bb)
{
	for (auto gsi = gsi_start_nondebug_bb(bb); !gsi_end_p(gsi); gsi_next_nondebug(&gsi)) {
		gimple *stmt = gsi_stmt(gsi);
		tree callee = is_gimple_call(stmt) ? gimple_call_fndecl(stmt) : NULL_TREE;

		if (callee && is_assertion(unit, callee))
			return true;
	}
	return false;
}

using Statements = std::unordered_set<gimple *>;

/* @stmt and everything its value is made of. */
void add_sources(gimple *stmt, Statements &found)
{
	ssa_op_iter iter;
	tree use;

	if (gimple_nop_p(stmt) || !found.insert(stmt).second)
		return;
	if (gphi *phi = dyn_cast<gphi *>(stmt)) {
		for (unsigned i = 0; i < gimple_phi_num_args(phi); i++)
			if (TREE_CODE(gimple_phi_arg_def(phi, i)) == SSA_NAME)
				add_sources(SSA_NAME_DEF_STMT(gimple_phi_arg_def(phi, i)), found);
		return;
	}
	FOR_EACH_SSA_TREE_OPERAND(use, stmt, iter, SSA_OP_USE)
		add_sources(SSA_NAME_DEF_STMT(use), found);
}

/* What is done with the answer to "is it a constant?" */
void add_users(gimple *stmt, Statements &found)
{
	tree answer = gimple_get_lhs(stmt);
	imm_use_iterator iter;
	use_operand_p use;

	if (!answer || TREE_CODE(answer) != SSA_NAME)
		return;
	FOR_EACH_IMM_USE_FAST(use, iter, answer)
		if (found.insert(USE_STMT(use)).second)
			add_users(USE_STMT(use), found);
}

/* What assertions of compile time and immediate operands of asm are made of. */
Statements constants(const Unit &unit)
{
	Statements found;
	basic_block bb;

	FOR_EACH_BB_FN(bb, cfun) {
		edge_iterator ei;
		edge e;

		for (auto gsi = gsi_start_bb(bb); !gsi_end_p(gsi); gsi_next(&gsi))
			if (is_a<gasm *>(gsi_stmt(gsi)))
				add_sources(gsi_stmt(gsi), found);
			else if (gimple_call_builtin_p(gsi_stmt(gsi), BUILT_IN_CONSTANT_P)) {
				found.insert(gsi_stmt(gsi));
				add_users(gsi_stmt(gsi), found);
			}
		if (!holds_assertion(unit, bb))
			continue;
		FOR_EACH_EDGE(e, ei, bb->preds)
			if (gimple *decision = last_stmt(e->src))
				add_sources(decision, found);
	}
	return found;
}

std::vector<Mutator::Group> Mutator::find(const Scene &scene)
{
	const Statements constant = constants(unit_);
	std::vector<Group> groups;

	for (const auto &op : operators) {
		std::vector<MutantPlace> places;
		basic_block bb;

		FOR_EACH_BB_FN(bb, cfun)
			for (auto gsi = gsi_start_nondebug_bb(bb); !gsi_end_p(gsi);
			     gsi_next_nondebug(&gsi))
				if (!constant.count(gsi_stmt(gsi)))
					op.find(scene, gsi_stmt(gsi), places);
		groups.emplace_back(&op, spread(places));
	}
	return groups;
}

void Mutator::apply(const Operator &op, const Scene &scene, const MutantPlace &place)
{
	const unsigned index = unit_.report.mutants.size();
	const location_t where = location_of(place.stmt);
	const std::string function = symbol_of(scene.node->decl);

	number_ = static_cast<unsigned>(place.effect) << effect_shift | index;
	unit_.report.mutants.push_back({number_, op.name, op.family, function,
					static_cast<unsigned>(expand_location(where).line)});
	switch (place.how) {
	case How::value:
		return change_value(place);
	case How::result:
		return change_result(place);
	case How::condition:
		return change_condition(place);
	case How::skip:
	case How::alter:
		return replace(place);
	case How::act_before:
		return add(place, false);
	case How::repeat:
	case How::act_after:
		return add(place, true);
	case How::recurse:
	case How::give_up:
		return begin_with(place, scene.node->decl);
	}
}

void Mutator::run(const Scene &scene)
{
	push_cfun(DECL_STRUCT_FUNCTION(scene.node->decl));
	loop_optimizer_init(LOOPS_NORMAL | LOOPS_HAVE_RECORDED_EXITS);

	const auto groups = find(scene);

	loop_optimizer_finalize();
	free_dominance_info(CDI_DOMINATORS);
	free_dominance_info(CDI_POST_DOMINATORS);
	for (const auto &[op, places] : groups)
		for (const auto &place : places)
			apply(*op, scene, place);
	mark_virtual_operands_for_renaming(cfun);
	update_ssa(TODO_update_ssa_only_virtuals);
	cgraph_edge::rebuild_edges();
	free_dominance_info(CDI_DOMINATORS);
	free_dominance_info(CDI_POST_DOMINATORS);
	pop_cfun();
}

} // namespace

void insert_mutants(Unit &unit)
{
	std::unordered_map<cgraph_node *, const EntryPoint *> entries;
	std::vector<cgraph_node *> nodes;
	cgraph_node *act = find_function(act_symbol);
	cgraph_node *node;

	for (const auto &entry : unit.entries)
		entries[entry.native] = &entry;
	FOR_EACH_FUNCTION_WITH_GIMPLE_BODY(node) {
		if (!node->alias && !node->thunk && !DECL_EXTERNAL(node->decl) &&
		    from_driver_source(node->decl) &&
		    symbol_of(node->decl).compare(0, 7, "__fgft_") != 0)
			nodes.push_back(node);
	}
	if (nodes.empty())
		return;
	if (!act) {
		error_at(DECL_SOURCE_LOCATION(nodes[0]->decl),
			 "no %<__fgft_mutant_act%> for the mutants of this unit");
		inform(UNKNOWN_LOCATION, "build with %<-include linux/fgft_mutant.h%>, or without "
					 "%<-fplugin-arg-isolator-mutants%>");
		return;
	}
	/* Numbers follow the source, whatever order the compiler keeps. */
	std::sort(nodes.begin(), nodes.end(), [](cgraph_node *a, cgraph_node *b) {
		return symbol_of(a->decl) < symbol_of(b->decl);
	});

	Mutator mutator(unit, act->decl);

	for (auto *function : nodes) {
		auto it = entries.find(function);

		mutator.run({unit, function, it == entries.end() ? nullptr : it->second});
	}
}

} // namespace isolator
