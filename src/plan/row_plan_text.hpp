// The tenancy section of a proposed plan in row tenancy. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "row_proposal.hpp"

namespace godwit::plan {

struct RowProposal {
  std::string database;
  TenantColumn tenant;
  std::string directory;      // table
  std::string name_column;    // of the directory; empty: the key
  std::string status_column;  // of the directory, by which `where` may narrow it; may be empty
  std::uint64_t tenants = 0;  // rows of the directory
  std::optional<std::uint64_t> values;  // of the tenant column, as an index estimates it
  std::vector<ProposedTable> tables;    // in the order of the catalog
};

/// "company_id stands in 17 of 25 tables of shop, 15 of them with a foreign key to companies.id"
std::string tenant_evidence(const RowProposal& proposal);

std::string row_tenancy_text(const RowProposal& proposal);

}  // namespace godwit::plan
