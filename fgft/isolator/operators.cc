// SPDX-License-Identifier: GPL-2.0
/*
 * Mutation operators: what programmers, memory, concurrency and hardware do
 * wrong, as places in the program.
 *
 * An operator is a row of the table at the end and a small function before it
 * that looks at one statement and adds the places where its mistake can be
 * made.  The mistakes are those of the lists the field uses:
 *
 *   source	Rio (Ng and Chen), Nooks, SafeDrive; G-SWFIT's missing and wrong
 *		constructs (Duraes and Madeira)
 *   memory	the same, and LKDTM's crash types
 *   context	locks, interrupts, sleeping: LKDTM again
 *   hardware	Carburizer: what a driver must not believe of its device
 */
#include "mutate.h"

#include "names.h"

namespace isolator {
namespace {

using MutantPlaces = std::vector<MutantPlace>;

const uint64_t overrun_bytes = 64;	/* a copy this much too long */
const uint64_t far_bound = 64;		/* iterations a loop makes too many */
const uint64_t garbage = 0x5a5a5a5a5a5a5a5aULL;	/* what an unset local holds */
const uint64_t stuck_bits = 0x11111111;	/* of a register */

/* ---- what a statement is ----------------------------------------------------------- */

const KapiRow *row_of(const Scene &scene, gimple *stmt)
{
	tree callee = is_gimple_call(stmt) ? gimple_call_fndecl(stmt) : NULL_TREE;

	return callee ? scene.unit.kapi.find(symbol_of(callee)) : nullptr;
}

bool contains(const std::string &text, const char *part)
{
	return text.find(part) != std::string::npos;
}

bool is_unlock(const KapiRow *row)
{
	return row && row->klass == "LOCK" &&
	       (contains(row->name, "unlock") || row->name.compare(0, 2, "up") == 0);
}

bool is_lock(const KapiRow *row)
{
	return row && row->klass == "LOCK" && !is_unlock(row) && contains(row->name, "lock") &&
	       !contains(row->name, "trylock");
}

bool is_free(const KapiRow *row)
{
	return row && (row->klass == "FREE" || row->klass == "DEFER") && contains(row->name, "free");
}

bool is_allocation(const KapiRow *row)
{
	return row && (row->klass == "ALLOC" || contains(row->name, "alloc")) && !is_free(row);
}

bool is_value(tree value)
{
	tree type = TREE_TYPE(value);

	return (INTEGRAL_TYPE_P(type) || POINTER_TYPE_P(type)) && is_gimple_val(value) &&
	       TREE_CODE(value) != ADDR_EXPR && TYPE_PRECISION(type) <= 64;
}

bool is_number(tree value)
{
	return is_value(value) && INTEGRAL_TYPE_P(TREE_TYPE(value)) &&
	       TREE_CODE(TREE_TYPE(value)) != BOOLEAN_TYPE;
}

bool is_number_constant(tree value)
{
	return TREE_CODE(value) == INTEGER_CST && is_number(value);
}

/* Statements that may have something put behind them. */
bool ends_block(gimple *stmt)
{
	return stmt_ends_bb_p(stmt) ||
	       (is_gimple_call(stmt) && gimple_call_noreturn_p(as_a<gcall *>(stmt)));
}

/* A value in a register, the result of @stmt. */
bool yields_value(gimple *stmt)
{
	tree name = gimple_get_lhs(stmt);

	return name && TREE_CODE(name) == SSA_NAME && is_value(name) &&
	       !SSA_NAME_OCCURS_IN_ABNORMAL_PHI(name) && !ends_block(stmt);
}

/* A branch that is decided at run time, or NULL. */
gcond *decision(gimple *stmt)
{
	gcond *branch = dyn_cast<gcond *>(stmt);

	if (!branch || (is_gimple_min_invariant(gimple_cond_lhs(branch)) &&
			is_gimple_min_invariant(gimple_cond_rhs(branch))))
		return nullptr;
	return branch;
}

gassign *assignment(gimple *stmt)
{
	return dyn_cast<gassign *>(stmt);
}

bool stores(gimple *stmt)
{
	return assignment(stmt) && gimple_store_p(stmt) && !gimple_clobber_p(stmt) &&
	       !gimple_has_volatile_ops(stmt);
}

MutantPlace simple(gimple *stmt, How how)
{
	MutantPlace place{stmt, how};

	return place;
}

MutantPlace value_at(gimple *stmt, unsigned index, Effect effect, uint64_t aux)
{
	MutantPlace place{stmt, How::value};

	place.effect = effect;
	place.aux = aux;
	place.index = index;
	return place;
}

MutantPlace result_of(gimple *stmt, Effect effect, uint64_t aux)
{
	MutantPlace place{stmt, How::result};

	place.effect = effect;
	place.aux = aux;
	return place;
}

MutantPlace decided(gimple *stmt, Effect effect, uint64_t aux)
{
	MutantPlace place{stmt, How::condition};

	place.effect = effect;
	place.aux = aux;
	return place;
}

MutantPlace doing(gimple *stmt, How when, Act act, tree pointer = NULL_TREE)
{
	MutantPlace place{stmt, when};

	place.act = act;
	place.pointer = pointer;
	return place;
}

/* Arguments may be anything the type allows: the callee is not made to be inlined. */
bool takes_any_value(gimple *stmt)
{
	tree callee = is_gimple_call(stmt) ? gimple_call_fndecl(stmt) : NULL_TREE;

	return is_gimple_call(stmt) && !gimple_call_internal_p(stmt) &&
	       (!callee || (!fndecl_built_in_p(callee) &&
			    !lookup_attribute("always_inline", DECL_ATTRIBUTES(callee)) &&
			    !has_diagnose_attribute(callee)));
}

/* gimple_op() index of a call's argument. */
unsigned argument(unsigned n)
{
	return n + 3;
}

/* ---- source ------------------------------------------------------------------------ */

void missing_assignment(const Scene &, gimple *stmt, MutantPlaces &places)
{
	if (stores(stmt) && stores_shared_memory(stmt))
		places.push_back(simple(stmt, How::skip));
}

void missing_initialisation(const Scene &, gimple *stmt, MutantPlaces &places)
{
	if (stores(stmt) && !stores_shared_memory(stmt))
		places.push_back(simple(stmt, How::skip));
}

void uninitialised_local(const Scene &, gimple *stmt, MutantPlaces &places)
{
	tree name = assignment(stmt) ? gimple_get_lhs(stmt) : NULL_TREE;

	if (name && yields_value(stmt) && SSA_NAME_VAR(name) && !DECL_ARTIFICIAL(SSA_NAME_VAR(name)))
		places.push_back(result_of(stmt, Effect::set, garbage));
}

void missing_call(const Scene &scene, gimple *stmt, MutantPlaces &places)
{
	const KapiRow *row = row_of(scene, stmt);

	if (!is_gimple_call(stmt) || gimple_call_internal_p(stmt) || ends_block(stmt) ||
	    (row && (row->klass == "LOCK" || row->pure())) || is_free(row))
		return;
	if (!gimple_get_lhs(stmt) || yields_value(stmt))
		places.push_back(simple(stmt, How::skip));
}

/* "if (err)", "if (!p)", "if (n < 0)": the guard is not there. */
void missing_check(const Scene &, gimple *stmt, MutantPlaces &places)
{
	gcond *branch = decision(stmt);

	if (branch && zerop(gimple_cond_rhs(branch)))
		places.push_back(decided(stmt, Effect::set, 0));
}

void inverted_branch(const Scene &, gimple *stmt, MutantPlaces &places)
{
	if (decision(stmt))
		places.push_back(decided(stmt, Effect::flip, 1));
}

void off_by_one(const Scene &, gimple *stmt, MutantPlaces &places)
{
	gcond *branch = decision(stmt);

	if (branch && is_number(gimple_cond_rhs(branch)))
		places.push_back(value_at(stmt, 1, Effect::add, 1));
}

void loop_bound(const Scene &, gimple *stmt, MutantPlaces &places)
{
	gcond *branch = decision(stmt);
	basic_block bb = gimple_bb(stmt);

	if (branch && current_loops && bb->loop_father && loop_depth(bb->loop_father) &&
	    loop_exits_from_bb_p(bb->loop_father, bb) && is_number(gimple_cond_rhs(branch)))
		places.push_back(value_at(stmt, 1, Effect::add, far_bound));
}

void wrong_constant(const Scene &, gimple *stmt, MutantPlaces &places)
{
	if (!assignment(stmt) || gimple_clobber_p(stmt))
		return;
	for (unsigned i = 1; i < gimple_num_ops(stmt); i++)
		if (gimple_op(stmt, i) && is_number_constant(gimple_op(stmt, i)))
			places.push_back(value_at(stmt, i, Effect::flip, 1u << (i & 3)));
}

/* A parameter of the function's, or NULL_TREE: it is known everywhere. */
tree parameter_like(const Scene &scene, tree value)
{
	for (tree each = DECL_ARGUMENTS(scene.node->decl); each; each = DECL_CHAIN(each)) {
		tree name = ssa_default_def(cfun, each);

		if (name && name != value && is_value(name) &&
		    useless_type_conversion_p(TREE_TYPE(value), TREE_TYPE(name)))
			return name;
	}
	return NULL_TREE;
}

void wrong_variable(const Scene &scene, gimple *stmt, MutantPlaces &places)
{
	if (!assignment(stmt))
		return;
	for (unsigned i = 1; i < gimple_num_ops(stmt); i++) {
		tree value = gimple_op(stmt, i);

		if (!value || TREE_CODE(value) != SSA_NAME || !is_value(value))
			continue;

		MutantPlace place = value_at(stmt, i, Effect::set, 0);

		place.other = parameter_like(scene, value);
		if (place.other)
			places.push_back(place);
	}
}

/* The next field of the same type, the one before for the last. */
tree field_beside(tree field)
{
	tree before = NULL_TREE;

	for (tree each = DECL_FIELD_CONTEXT(field) ? TYPE_FIELDS(DECL_FIELD_CONTEXT(field))
						   : NULL_TREE;
	     each; each = DECL_CHAIN(each)) {
		if (TREE_CODE(each) != FIELD_DECL || each == field || DECL_BIT_FIELD(each) ||
		    !useless_type_conversion_p(TREE_TYPE(field), TREE_TYPE(each)))
			continue;
		if (DECL_SOURCE_LOCATION(each) > DECL_SOURCE_LOCATION(field))
			return each;
		before = each;
	}
	return before;
}

void wrong_field(const Scene &, gimple *stmt, MutantPlaces &places)
{
	if (!assignment(stmt) || !gimple_assign_single_p(stmt) || gimple_has_volatile_ops(stmt))
		return;
	if (!stores(stmt) && !yields_value(stmt))
		return;
	for (unsigned i = 0; i < 2; i++) {
		tree ref = gimple_op(stmt, i);

		if (TREE_CODE(ref) != COMPONENT_REF || DECL_BIT_FIELD(TREE_OPERAND(ref, 1)))
			continue;

		MutantPlace place = simple(stmt, How::alter);

		place.index = i;
		place.pointer = field_beside(TREE_OPERAND(ref, 1));
		if (place.pointer)
			places.push_back(place);
	}
}

void wrong_parameter(const Scene &, gimple *stmt, MutantPlaces &places)
{
	if (!takes_any_value(stmt))
		return;
	for (unsigned i = 0; i + 1 < gimple_call_num_args(stmt); i++) {
		tree one = gimple_call_arg(stmt, i), two = gimple_call_arg(stmt, i + 1);

		if (!is_value(one) || !is_value(two) || TREE_CODE(one) != SSA_NAME ||
		    !useless_type_conversion_p(TREE_TYPE(one), TREE_TYPE(two)))
			continue;

		MutantPlace place = value_at(stmt, argument(i), Effect::set, 0);

		place.other = two;
		places.push_back(place);
	}
}

void corrupt_parameter(const Scene &, gimple *stmt, MutantPlaces &places)
{
	if (!takes_any_value(stmt))
		return;
	for (unsigned i = 0; i < gimple_call_num_args(stmt); i++)
		if (is_number(gimple_call_arg(stmt, i)))
			places.push_back(value_at(stmt, argument(i), Effect::flip, 1u << (3 + i)));
}

void ignored_error(const Scene &, gimple *stmt, MutantPlaces &places)
{
	tree name;

	if (!is_gimple_call(stmt) || !yields_value(stmt))
		return;
	name = gimple_get_lhs(stmt);
	if (INTEGRAL_TYPE_P(TREE_TYPE(name)) && !TYPE_UNSIGNED(TREE_TYPE(name)))
		places.push_back(result_of(stmt, Effect::set, 0));
}

void wrong_return(const Scene &, gimple *stmt, MutantPlaces &places)
{
	greturn *leave = dyn_cast<greturn *>(stmt);

	if (leave && gimple_return_retval(leave) && is_value(gimple_return_retval(leave)))
		places.push_back(value_at(stmt, 0, Effect::flip, 1));
}

void wrong_arithmetic(const Scene &, gimple *stmt, MutantPlaces &places)
{
	if (assignment(stmt) && yields_value(stmt) &&
	    TREE_CODE_CLASS(gimple_assign_rhs_code(stmt)) == tcc_binary &&
	    is_number(gimple_get_lhs(stmt)))
		places.push_back(result_of(stmt, Effect::add, -1ULL));
}

/* ---- memory ------------------------------------------------------------------------ */

/* Index of the argument that is a length in bytes, -1 if there is none. */
int length_argument(gimple *stmt)
{
	static const std::pair<const char *, int> calls[] = {
		{"memcpy", 2},	 {"memmove", 2}, {"memset", 2},	     {"strncpy", 2},
		{"strscpy", 2},	 {"strlcpy", 2}, {"memcpy_fromio", 2}, {"memcpy_toio", 2},
		{"fortify_memcpy_chk", 1}, {"copy_from_user", 2}, {"copy_to_user", 2},
		{"skb_put_data", 2},
	};
	tree callee = is_gimple_call(stmt) ? gimple_call_fndecl(stmt) : NULL_TREE;

	if (!callee)
		return -1;
	if (fndecl_built_in_p(callee, BUILT_IN_NORMAL)) {
		switch (DECL_FUNCTION_CODE(callee)) {
		case BUILT_IN_MEMCPY:
		case BUILT_IN_MEMMOVE:
		case BUILT_IN_MEMSET:
		case BUILT_IN_STRNCPY:
			return 2;
		default:
			break;
		}
	}
	for (const auto &[name, index] : calls)
		if (symbol_of(callee) == name &&
		    static_cast<unsigned>(index) < gimple_call_num_args(stmt))
			return index;
	return -1;
}

void copy_overrun(const Scene &, gimple *stmt, MutantPlaces &places)
{
	int index = length_argument(stmt);

	if (index >= 0 && is_number(gimple_call_arg(stmt, index)))
		places.push_back(value_at(stmt, argument(index), Effect::add, overrun_bytes));
}

/* Memory operands that go through a pointer in a register. */
template <class F> void each_base(gimple *stmt, const F &use)
{
	if (!assignment(stmt) || !gimple_assign_single_p(stmt))
		return;
	for (unsigned i = 0; i < 2; i++) {
		tree base = get_base_address(gimple_op(stmt, i));

		if (base && TREE_CODE(base) == MEM_REF && !is_gimple_val(gimple_op(stmt, i)) &&
		    TREE_CODE(gimple_op(stmt, i)) != ADDR_EXPR &&
		    TREE_CODE(TREE_OPERAND(base, 0)) == SSA_NAME)
			use(i, base);
	}
}

void pointer_is(gimple *stmt, MutantPlaces &places, Effect effect, uint64_t aux)
{
	each_base(stmt, [&](unsigned index, tree) {
		MutantPlace place = value_at(stmt, index, effect, aux);

		place.slot = Slot::base;
		places.push_back(place);
	});
}

void null_pointer(const Scene &, gimple *stmt, MutantPlaces &places)
{
	pointer_is(stmt, places, Effect::set, 0);
}

void freed_pointer(const Scene &, gimple *stmt, MutantPlaces &places)
{
	pointer_is(stmt, places, Effect::freed, 0);
}

void random_pointer(const Scene &, gimple *stmt, MutantPlaces &places)
{
	pointer_is(stmt, places, Effect::random, 0);
}

void flipped_pointer(const Scene &, gimple *stmt, MutantPlaces &places)
{
	pointer_is(stmt, places, Effect::flip, 1u << 12);
}

void neighbour_object(const Scene &, gimple *stmt, MutantPlaces &places)
{
	each_base(stmt, [&](unsigned index, tree base) {
		tree size = TYPE_SIZE_UNIT(TREE_TYPE(base));
		uint64_t bytes = size && tree_fits_uhwi_p(size) ? tree_to_uhwi(size) : 0;
		MutantPlace place = value_at(stmt, index, Effect::add, bytes ? bytes : 64);

		place.slot = Slot::base;
		places.push_back(place);
	});
}

void wrong_index(const Scene &, gimple *stmt, MutantPlaces &places)
{
	if (assignment(stmt) && gimple_assign_rhs_code(stmt) == POINTER_PLUS_EXPR &&
	    TREE_CODE(gimple_assign_rhs2(stmt)) == SSA_NAME)
		places.push_back(value_at(stmt, 2, Effect::add, 4096));
}

void null_argument(const Scene &, gimple *stmt, MutantPlaces &places)
{
	if (!takes_any_value(stmt))
		return;
	for (unsigned i = 0; i < gimple_call_num_args(stmt); i++) {
		tree value = gimple_call_arg(stmt, i);

		if (is_value(value) && POINTER_TYPE_P(TREE_TYPE(value)) &&
		    TREE_CODE(value) == SSA_NAME)
			places.push_back(value_at(stmt, argument(i), Effect::set, 0));
	}
}

void wild_argument(const Scene &scene, gimple *stmt, MutantPlaces &places)
{
	if (!row_of(scene, stmt) || !takes_any_value(stmt))
		return;
	for (unsigned i = 0; i < gimple_call_num_args(stmt); i++) {
		tree value = gimple_call_arg(stmt, i);

		if (is_value(value) && POINTER_TYPE_P(TREE_TYPE(value)) &&
		    TREE_CODE(value) == SSA_NAME)
			places.push_back(value_at(stmt, argument(i), Effect::random, 0));
	}
}

void double_free(const Scene &scene, gimple *stmt, MutantPlaces &places)
{
	if (is_free(row_of(scene, stmt)) && !ends_block(stmt))
		places.push_back(simple(stmt, How::repeat));
}

void use_after_free(const Scene &scene, gimple *stmt, MutantPlaces &places)
{
	if (!is_free(row_of(scene, stmt)) || ends_block(stmt))
		return;
	for (unsigned i = 0; i < gimple_call_num_args(stmt); i++) {
		tree value = gimple_call_arg(stmt, i);

		if (is_value(value) && POINTER_TYPE_P(TREE_TYPE(value)) &&
		    TREE_CODE(value) == SSA_NAME) {
			places.push_back(doing(stmt, How::act_after, Act::use_after_free, value));
			return;
		}
	}
}

void leak(const Scene &scene, gimple *stmt, MutantPlaces &places)
{
	if (is_free(row_of(scene, stmt)) && !ends_block(stmt) && !gimple_get_lhs(stmt))
		places.push_back(simple(stmt, How::skip));
}

void failed_allocation(const Scene &scene, gimple *stmt, MutantPlaces &places)
{
	if (is_allocation(row_of(scene, stmt)) && yields_value(stmt) &&
	    POINTER_TYPE_P(TREE_TYPE(gimple_get_lhs(stmt))))
		places.push_back(result_of(stmt, Effect::set, 0));
}

void short_allocation(const Scene &scene, gimple *stmt, MutantPlaces &places)
{
	if (!is_allocation(row_of(scene, stmt)))
		return;
	for (unsigned i = 0; i < gimple_call_num_args(stmt); i++) {
		tree value = gimple_call_arg(stmt, i);

		if (is_number(value) && TYPE_PRECISION(TREE_TYPE(value)) == 64) {
			places.push_back(value_at(stmt, argument(i), Effect::set, 8));
			return;
		}
	}
}

/* In functions that have something else to do than to return. */
void stack_smash(const Scene &, gimple *stmt, MutantPlaces &places)
{
	if (is_gimple_call(stmt) && !gimple_call_internal_p(stmt) && !ends_block(stmt))
		places.push_back(doing(stmt, How::act_after, Act::stack_smash));
}

void wild_call(const Scene &, gimple *stmt, MutantPlaces &places)
{
	if (is_gimple_call(stmt) && !gimple_call_internal_p(stmt) && !ends_block(stmt) &&
	    gimple_call_fndecl(stmt))
		places.push_back(doing(stmt, How::act_before, Act::wild_call));
}

/* ---- context ------------------------------------------------------------------------- */

void missing_lock(const Scene &scene, gimple *stmt, MutantPlaces &places)
{
	if (is_lock(row_of(scene, stmt)) && !ends_block(stmt))
		places.push_back(simple(stmt, How::skip));
}

void missing_unlock(const Scene &scene, gimple *stmt, MutantPlaces &places)
{
	if (is_unlock(row_of(scene, stmt)) && !ends_block(stmt))
		places.push_back(simple(stmt, How::skip));
}

void double_lock(const Scene &scene, gimple *stmt, MutantPlaces &places)
{
	if (is_lock(row_of(scene, stmt)) && !ends_block(stmt))
		places.push_back(simple(stmt, How::repeat));
}

void double_unlock(const Scene &scene, gimple *stmt, MutantPlaces &places)
{
	if (is_unlock(row_of(scene, stmt)) && !ends_block(stmt))
		places.push_back(simple(stmt, How::repeat));
}

void sleep_in_atomic(const Scene &scene, gimple *stmt, MutantPlaces &places)
{
	if (is_lock(row_of(scene, stmt)) && !ends_block(stmt))
		places.push_back(doing(stmt, How::act_after, Act::sleep));
}

void before_return(gimple *stmt, MutantPlaces &places, Act act)
{
	if (gimple_code(stmt) == GIMPLE_RETURN)
		places.push_back(doing(stmt, How::act_before, act));
}

void irqs_left_off(const Scene &, gimple *stmt, MutantPlaces &places)
{
	before_return(stmt, places, Act::irqs_off);
}

void preemption_left_off(const Scene &, gimple *stmt, MutantPlaces &places)
{
	before_return(stmt, places, Act::preempt_off);
}

void missing_rcu_unlock(const Scene &, gimple *stmt, MutantPlaces &places)
{
	before_return(stmt, places, Act::rcu_lock);
}

void endless_loop(const Scene &, gimple *stmt, MutantPlaces &places)
{
	before_return(stmt, places, Act::loop);
}

/* Once a function: at its first statement. */
bool is_first(gimple *stmt)
{
	basic_block first = single_succ(ENTRY_BLOCK_PTR_FOR_FN(cfun));

	return gimple_bb(stmt) == first && gsi_stmt(gsi_start_nondebug_bb(first)) == stmt;
}

void unbounded_recursion(const Scene &scene, gimple *stmt, MutantPlaces &places)
{
	tree type = TREE_TYPE(scene.node->decl);

	if (is_first(stmt) && !stdarg_p(type) &&
	    !lookup_attribute("always_inline", DECL_ATTRIBUTES(scene.node->decl)))
		places.push_back(simple(stmt, How::recurse));
}

/* ---- hardware ------------------------------------------------------------------------ */

bool reads_device(const Scene &scene, gimple *stmt)
{
	const KapiRow *row = row_of(scene, stmt);

	return row && yields_value(stmt) &&
	       (contains(row->name, "read") || row->name.compare(0, 2, "in") == 0) &&
	       (row->klass == "MMIO" || contains(row->name, "readl") ||
		contains(row->name, "readw") || contains(row->name, "readb") ||
		contains(row->name, "readq") || contains(row->name, "ioread"));
}

void register_reads(const Scene &scene, gimple *stmt, MutantPlaces &places, Effect effect, uint64_t aux)
{
	if (reads_device(scene, stmt))
		places.push_back(result_of(stmt, effect, aux));
}

void all_ones_read(const Scene &scene, gimple *stmt, MutantPlaces &places)
{
	register_reads(scene, stmt, places, Effect::set, -1ULL);
}

void never_ready(const Scene &scene, gimple *stmt, MutantPlaces &places)
{
	register_reads(scene, stmt, places, Effect::set, 0);
}

void stuck_high(const Scene &scene, gimple *stmt, MutantPlaces &places)
{
	register_reads(scene, stmt, places, Effect::set_bits, stuck_bits);
}

void stuck_low(const Scene &scene, gimple *stmt, MutantPlaces &places)
{
	register_reads(scene, stmt, places, Effect::clear_bits, stuck_bits);
}

void garbage_register(const Scene &scene, gimple *stmt, MutantPlaces &places)
{
	register_reads(scene, stmt, places, Effect::random, 0);
}

void wrong_register_value(const Scene &scene, gimple *stmt, MutantPlaces &places)
{
	const KapiRow *row = row_of(scene, stmt);

	if (row && row->device_write() && is_number(gimple_call_arg(stmt, 0)))
		places.push_back(value_at(stmt, argument(0), Effect::add, 1));
}

void missing_register_write(const Scene &scene, gimple *stmt, MutantPlaces &places)
{
	const KapiRow *row = row_of(scene, stmt);

	if (row && row->device_write() && !ends_block(stmt))
		places.push_back(simple(stmt, How::skip));
}

bool handles_interrupts(const Scene &scene)
{
	return scene.entry && contains(scene.entry->table, "request_") &&
	       contains(scene.entry->table, "irq");
}

void lost_interrupt(const Scene &scene, gimple *stmt, MutantPlaces &places)
{
	if (handles_interrupts(scene) && is_first(stmt))
		places.push_back(simple(stmt, How::give_up));
}

void spurious_interrupt(const Scene &scene, gimple *stmt, MutantPlaces &places)
{
	if (handles_interrupts(scene) && is_first(stmt))
		places.push_back(simple(stmt, How::recurse));
}

/* What the device wrote into a descriptor: a load from DMA memory. */
void wrong_descriptor(const Scene &, gimple *stmt, MutantPlaces &places)
{
	tree ref = assignment(stmt) && gimple_assign_load_p(stmt) ? gimple_assign_rhs1(stmt)
								  : NULL_TREE;
	tree base = ref ? get_base_address(ref) : NULL_TREE;

	if (base && TREE_CODE(base) == MEM_REF && yields_value(stmt) &&
	    contains(type_tag(TREE_TYPE(base)), "desc"))
		places.push_back(result_of(stmt, Effect::random, 0));
}

} // namespace

/* Those that change operands come before those that replace the statement. */
const std::vector<Operator> operators = {
	{"wrong-constant", "source", wrong_constant},
	{"wrong-variable", "source", wrong_variable},
	{"wrong-parameter", "source", wrong_parameter},
	{"corrupt-parameter", "source", corrupt_parameter},
	{"off-by-one", "source", off_by_one},
	{"loop-bound", "source", loop_bound},
	{"wrong-arithmetic", "source", wrong_arithmetic},
	{"wrong-return", "source", wrong_return},
	{"missing-check", "source", missing_check},
	{"inverted-branch", "source", inverted_branch},
	{"uninitialised-local", "source", uninitialised_local},
	{"ignored-error", "source", ignored_error},
	{"wrong-field", "source", wrong_field},
	{"missing-assignment", "source", missing_assignment},
	{"missing-initialisation", "source", missing_initialisation},
	{"missing-call", "source", missing_call},

	{"copy-overrun", "memory", copy_overrun},
	{"null-pointer", "memory", null_pointer},
	{"freed-pointer", "memory", freed_pointer},
	{"random-pointer", "memory", random_pointer},
	{"flipped-pointer", "memory", flipped_pointer},
	{"neighbour-object", "memory", neighbour_object},
	{"wrong-index", "memory", wrong_index},
	{"null-argument", "memory", null_argument},
	{"wild-argument", "memory", wild_argument},
	{"double-free", "memory", double_free},
	{"use-after-free", "memory", use_after_free},
	{"leak", "memory", leak},
	{"failed-allocation", "memory", failed_allocation},
	{"short-allocation", "memory", short_allocation},
	{"stack-smash", "memory", stack_smash},
	{"wild-call", "memory", wild_call},

	{"missing-lock", "context", missing_lock},
	{"missing-unlock", "context", missing_unlock},
	{"double-lock", "context", double_lock},
	{"double-unlock", "context", double_unlock},
	{"sleep-in-atomic", "context", sleep_in_atomic},
	{"irqs-left-off", "context", irqs_left_off},
	{"preemption-left-off", "context", preemption_left_off},
	{"missing-rcu-unlock", "context", missing_rcu_unlock},
	{"endless-loop", "context", endless_loop},
	{"unbounded-recursion", "context", unbounded_recursion},

	{"all-ones-read", "hardware", all_ones_read},
	{"never-ready", "hardware", never_ready},
	{"stuck-high", "hardware", stuck_high},
	{"stuck-low", "hardware", stuck_low},
	{"garbage-register", "hardware", garbage_register},
	{"wrong-register-value", "hardware", wrong_register_value},
	{"missing-register-write", "hardware", missing_register_write},
	{"lost-interrupt", "hardware", lost_interrupt},
	{"spurious-interrupt", "hardware", spurious_interrupt},
	{"wrong-descriptor", "hardware", wrong_descriptor},
};

} // namespace isolator
