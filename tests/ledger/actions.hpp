// What the writers do: each action is some statements on one tenant, within a transaction or
// without.
#pragma once

#include <vector>

#include "hand.hpp"

namespace godwit::ledger {

/// Where an action may stand.
enum class Fits {
  anywhere,
  one_phase,  // in no XA transaction
  alone,      // begins and ends transactions itself
};

struct Action {
  unsigned weight;
  void (*run)(Hand&);
  Fits fits = Fits::anywhere;
};

// Orders, accounts, regions: cascades over three hops.
void place_order(Hand& hand);
void change_order(Hand& hand);
void swap_lines(Hand& hand);
void delete_order(Hand& hand);
void open_account(Hand& hand);
void close_account(Hand& hand);
void change_region(Hand& hand);
void move_shelf(Hand& hand);
void change_nodes(Hand& hand);
void change_currency(Hand& hand);
/// With foreign_key_checks=0: a parent goes and comes back under its children.
void replace_parent_unchecked(Hand& hand);
/// With foreign_key_checks=0: children before their parent.
void insert_child_first_unchecked(Hand& hand);

// Keys, values, volumes.
void swap_slots(Hand& hand);
void shift_slots(Hand& hand);
void change_settings(Hand& hand);
void write_samples(Hand& hand);
void change_samples(Hand& hand);
void move_sample_to_other_tenant(Hand& hand);
void write_event_log(Hand& hand);
void write_bulk(Hand& hand);
void truncate_staging(Hand& hand);
void count_visit(Hand& hand);

}  // namespace godwit::ledger
