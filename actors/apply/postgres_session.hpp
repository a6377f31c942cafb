// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/apply/copy_encoder.hpp"
#include "actors/apply/postgres_connection.hpp"
#include "actors/apply/site_store.hpp"
#include "actors/apply/target.hpp"
#include "config/topology.hpp"
#include "messages/enrolment.hpp"

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace matricula {

/// One thing that a batch would do at a site; ids only.
struct planned_change {
  std::string centre;  ///< its code; empty: of no centre alone
  std::string kind;    ///< what it is done to, such as "enrolment"
  std::string effect;  ///< "create", "change", "withdraw", "note" (who was never there has left), …
  std::string id;
};

/// One thing that was looked at, and what to do about it.
struct finding {
  enum class grade {
    fine,
    late,  ///< all will arrive; something of it later than it could, or somebody should have a look
    wrong  ///< until it is mended, records do not arrive, or nobody sees them
  };

  grade how = grade::fine;
  std::string what;
  std::string mend;  ///< a sentence or a command; empty: nothing
};

/// A site_store on PostgreSQL 15, one connection, with the site's target (docs/targets.md).
///
/// apply, in order: of the records with one key the newest is kept; differs.sql says, without writing, which
/// of them the site does not hold, unless all are newer than what was ever applied from this partition; if there
/// are any, one transaction moves the offset, copies them into `batch`, runs the steps, outcomes.sql and the
/// outbox, and commits. A record that enrolment_reader rejects, or whose key is not its message's, is refused here
/// and quarantined in the same transaction; applied::refused lists it.
class postgres_session final : public site_store {
 public:
  explicit postgres_session(site_settings site);
  ~postgres_session() override;

  result<stored_position> open(const topic_partition& from) override;
  result<applied> apply(const site_batch& batch, batch_range range,
                        const std::vector<refused_record>& refused, std::int64_t expected,
                        std::int64_t next) override;
  result<done> advance(std::int64_t expected, std::int64_t next) override;
  result<std::int64_t> look() override;

  /// What somebody decides of withdrawals that the target holds back.
  enum class decision { approve, approve_rejected, reject };
  struct decision_order {
    decision what = decision::approve;
    std::string centre;  ///< its code; empty: of all centres
    std::string
        until;  ///< of those only that were held back, or rejected, up to this time, as PostgreSQL reads it
  };
  struct decided_centre {
    std::string centre;
    std::uint64_t people = 0, enrolments = 0;
  };
  struct decided_portion {
    std::vector<decided_centre> centres;
    bool again = false;  ///< there may be more to do
  };
  /// Runs the target's approve.sql and, if it has found anybody, the steps after it, or its reject.sql, in one
  /// transaction. To be called after `open`, until it says no more. Errors as of `apply`, but for partition_lost;
  /// target_broken, too, if the target has no such file.
  result<decided_portion> decide(const decision_order& order);

  /// What a day of the topology's calendar asks of a site.
  struct calendar_order {
    std::string today;          ///< as if it were this day, "2027-01-20"; empty: the day that it is
    std::string deletion_year;  ///< somebody approves that classrooms of it are deleted; empty: he does not
    std::uint64_t deletion_classrooms = 0;  ///< as many as he has seen: none if others may be deleted by now
  };
  /// What has been done of it, or stands to be done, in the words of docs/targets.md.
  struct calendar_entry {
    std::string what, year;  ///< year: of the classrooms, empty: of several
    std::uint64_t number = 0;
  };
  struct calendar_portion {
    std::vector<calendar_entry> entries;  ///< none if the target has no calendar.sql
    std::uint64_t held = 0;               ///< withdrawals that are held back now
    bool again = false;                   ///< there may be more to do
  };
  /// Runs the target's calendar.sql and, if there may be more to do, the steps, in one transaction. To be called after
  /// `open`, until it says no more. Errors as of `apply`, but for partition_lost.
  result<calendar_portion> turn(const calendar_order& order);

  /// One thing that has been changed since a time; ids only.
  struct undone_change {
    planned_change what;  ///< its effect is what the undo does
    std::string refused;  ///< why it stays as it is, such as that somebody has changed it; empty: it does not
  };
  struct undo_portion {
    std::string begins;  ///< what was done before is not known, "2026-09-09T08:00:30Z"; empty: all is
    std::vector<undone_change> changes;
    bool again = false;  ///< there may be more to do
  };
  /// Puts back what the target has changed since a time, the newest first, and before the first call: runs its undo.sql,
  /// the parts of it, the steps and outcomes.sql in one transaction. To be called after `open`, until it says no more.
  /// Errors as of `apply`, but for partition_lost; target_broken, too, if the target has no undo.sql.
  result<undo_portion> undo(const std::string& since);

  /// The same at once and for looking only: opens the site as `open_rehearsal` does, and writes nothing. Nothing else is
  /// to be called.
  result<undo_portion> look_back(const std::string& since);

  /// For plans: opens the site as `open` does, but in a transaction that ends with this object, or when this is called
  /// again, and is never committed; answers where each partition is read on. Nothing but `rehearse` may be called then.
  /// Errors as of `open`.
  result<partition_offsets> open_rehearsal();

  /// What a range of a batch would do if it were applied now, by the target's plan.sql, and takes it back.
  struct rehearsed {
    applied_counts counts;
    std::vector<planned_change> changes;  ///< none if the target has no plan.sql
    std::vector<refused_record> refused;  ///< by the store itself, before it wrote any
  };
  /// `refused` as of `apply`. Errors as of `apply`, but for partition_lost.
  result<rehearsed> rehearse(const site_batch& batch, batch_range range,
                             const std::vector<refused_record>& refused);

  /// For examinations: opens the site up to its first batch, installs what is missing and prepares every statement; then
  /// asks the target's doctor.sql, if it has one. All of it in one transaction that is taken back; nothing else is to be
  /// called. Errors as of `open`, and database_conflict.
  result<std::vector<finding>> inspect();

 private:
  result<done> read_settings();
  void connect();
  void install();
  void disconnect();
  void begin_rehearsal();
  void set_up(pqxx::transaction_base& work);
  stored_position read_position();
  /// A record of the batch that may differ from what the site holds. In the order of the hashes, which is that of an
  /// index on them: neighbours share its pages.
  struct candidate {
    std::int64_t key_hash = 0;
    std::uint32_t index = 0;  ///< into site_batch::records
    bool overtook = false;    ///< others of its key have given way to it

    friend auto operator<=>(const candidate&, const candidate&) = default;
  };
  std::vector<candidate> newest_of_each_key(const site_batch& batch, batch_range range,
                                            const std::vector<refused_record>& refused) const;
  /// The newest of each key that can be read. Appends to `refused` what cannot, of a key whose newest is among them.
  std::vector<candidate> newest_readable(const site_batch& batch, batch_range range,
                                         std::vector<refused_record>& refused);
  /// Reads a record into `record_`, or answers why that cannot be done.
  std::optional<rejection> read(const consumed_record& consumed);
  /// Their places in the batch, in its order.
  static std::vector<std::uint32_t> places_of(const std::vector<candidate>& candidates);
  /// Whether the partition is read on: none of these can have been applied from it before.
  bool are_all_newer(const site_batch& batch, const std::vector<candidate>& candidates) const;
  /// The places in the batch of those that differs.sql finds different, in their order.
  std::vector<std::uint32_t> differing(pqxx::transaction_base& work, const site_batch& batch,
                                       const std::vector<candidate>& candidates, applied_counts& counts);
  void run_steps(pqxx::transaction_base& work);
  bool swap_offset(pqxx::transaction_base& work, std::int64_t expected, std::int64_t next,
                   revision_t revision);
  std::size_t stage(const site_batch& batch, const std::vector<std::uint32_t>& indices,
                    std::vector<refused_record>& refused);
  void quarantine(pqxx::transaction_base& work, const site_batch& batch,
                  const std::vector<refused_record>& refused);
  void count_effects(pqxx::transaction_base& work, std::size_t staged, applied_counts& counts);
  undo_portion read_undo(pqxx::transaction_base& work, const std::string& since, const char* mode);
  failure without_undo() const;

  std::string place() const;
  template <class Body>
  auto guarded(Body body, error_code refused = error_code::row_refused) -> decltype(body());
  failure not_open() const;
  failure position_moved(std::int64_t expected) const;

  site_settings site_;
  postgres_address address_;
  target target_;
  topic_partition from_;
  revision_t revision_applied_ = 0;  ///< the greatest that was ever applied from it
  std::string doing_;                ///< the statement under way, for an error's text
  enrolment_reader reader_;
  enrolment record_;
  copy_encoder encoder_;
  std::string key_;
  std::unique_ptr<postgres_connection> connection_;
  std::unique_ptr<pqxx::work> rehearsal_;  ///< goes before its connection
};

}  // namespace matricula
