// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/message_types.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <string>

/// Every actor of the graph, in the order in which a record meets them.
///
///     ITACA ─▶ fetcher ─▶ partitioner ─▶ deduplicator ─▶ publisher ─▶ Kafka
///               page       decode, route   by keys         one per       one topic per lane
///                  ▲            │                           source
///                  │            └── cursor, rejected ──────────▲
///              elector (who owns the source)      loader (what the lanes hold) ─▶ deduplicator
///              quarantine topic (retries asked for)
///
///     Kafka ─▶ subscriber ─▶ applier ─▶ PostgreSQL (site)      outbox ─▶ reporter ─▶ Kafka
///              one per site   one per assigned partition                 one per site (outcomes, quarantine)
///
///     node_supervisor ─┬─ source_supervisor ── elector, publisher, deduplicators, partitioner, …
///                      ├─ site_supervisor ──── reporter, subscriber ── appliers
///                      └─ scoreboard (what run prints and reports)
///
/// Four rules hold on every arrow between two actors:
///  1. A batch is a request; its reply means "durable". There is no other acknowledgement.
///  2. Back-pressure is a bounded number of unanswered requests.
///  3. An error reply says by its class whether to retry, to hand over or to quarantine
///  (messages/errors.hpp).
///  4. Every actor has a supervisor, which restarts it with back-off and escalates.
namespace matricula {

/// A reply without a value is `done`: CAF 0.17 sends caf::unit_t as an empty message, which nobody who waits
/// for caf::unit_t takes.
template <class... Ts>
using when = caf::replies_to<Ts...>;

// ---------------------------------------------------------------- into Kafka: a source's group, restarted as
// one

/// Commits pages, one transaction each, in the order of their numbers.
using publisher_actor = caf::typed_actor<
    /// Fences the predecessor (init_transactions); the reply says that nobody else can commit for this source
    /// now.
    when<open_atom>::with<done>,
    /// After the rebuild: the number of the last committed page. Pages that follow it are accepted.
    when<start_atom, std::uint64_t>::with<done>,
    /// A share of a page. Answered when the whole page is committed, or with the error that sends it back.
    when<page_share_ptr>::with<page_published>>;

/// Knows what the source's topics hold of its part of the keys, whatever the lane, and lets pass only what differs.
using deduplicator_actor = caf::typed_actor<
    /// Some of the topics' content, at the start.
    when<index_chunk>::with<done>,
    /// Its share of a page and the number of shares the page has. Answered when the page is committed.
    when<batch_ptr, std::uint32_t>::with<share_receipt>>;

/// Decodes pages, finds each record's lane, and deals the records out by their keys.
using partitioner_actor = caf::typed_actor<
    /// A page. Answered when it is committed; page_invalid and page_miscounted ask for another read.
    when<fetched_page_ptr>::with<page_receipt>>;

/// Reads the source, page by page, as often as the topology says; ahead of a page it sends those records on that are
/// to be tried again.
using fetcher_actor = caf::typed_actor<
    /// Begins at a position.
    caf::reacts_to<start_atom, source_position>,
    /// Time for the next page, or for another try.
    caf::reacts_to<retry_atom>,
    /// Fetches no more; answers when every page in flight has been answered.
    when<stop_atom>::with<done>>;

/// Reads the source's cursor and its lanes' topics from the start to the end.
using loader_actor = caf::typed_actor<
    /// Begins. The deduplicators are told chunk by chunk; the reply says where the source stood.
    when<start_atom>::with<source_position>,
    /// The next chunk.
    caf::reacts_to<poll_atom>>;

/// Belongs to the consumer group that decides which process owns the source.
using elector_actor = caf::typed_actor<
    /// The consumer has something to tell.
    caf::reacts_to<poll_atom>,
    /// Leaves the group, so that a standby takes over at once.
    when<stop_atom>::with<done>>;

// ---------------------------------------------------------------- out of Kafka: a site

/// One partition's way into a site's database.
using applier_actor = caf::typed_actor<
    /// Opens the site's store; the reply says where to read on. Waits out an outage of the database.
    when<open_atom>::with<stored_position>,
    /// A batch. Answered when it is durable in PostgreSQL; poison is set aside on the way.
    when<site_batch_ptr>::with<applied_receipt>,
    /// Another try after an outage.
    caf::reacts_to<retry_atom>,
    /// Whether the site's offset still is where this applier has left it; partition_lost if somebody moved it.
    when<poll_atom>::with<done>,
    /// Writes the offset of batches that changed nothing.
    when<flush_atom>::with<done>,
    /// Gives back what would have to wait for an outage's end and what comes later, and flushes.
    when<stop_atom>::with<done>>;

/// Consumes the site's topics and feeds an applier per assigned partition.
using subscriber_actor = caf::typed_actor<
    /// The consumer has something to tell.
    caf::reacts_to<poll_atom>,
    /// An applier's back-off is over.
    caf::reacts_to<restart_atom, std::string, std::int32_t>,
    /// Consumes no more; answers when every batch in flight has been answered and the group has been left.
    when<stop_atom>::with<done>,
    /// For tests of the supervision: an applier dies as if it had thrown.
    caf::reacts_to<crash_atom, std::string>>;

/// Empties the site's outbox into Kafka.
using reporter_actor = caf::typed_actor<
    /// There may be outcomes.
    caf::reacts_to<outcome_atom>,
    /// Time to look for what others left in the outbox.
    caf::reacts_to<poll_atom>,
    /// Time to read once more where entries stood that were removed.
    caf::reacts_to<retry_atom>,
    /// Empties what is there; answers then.
    when<stop_atom>::with<done>>;

// ---------------------------------------------------------------- supervision

/// Runs a source's group while this process owns the source, and restarts it as one.
using source_supervisor_actor = caf::typed_actor<
    /// This process owns the source now, or no longer.
    caf::reacts_to<elected_atom>, caf::reacts_to<revoked_atom>,
    /// The group's back-off is over.
    caf::reacts_to<restart_atom>,
    /// Stops from the source: fetches no more, drains, leaves the group of owners.
    when<stop_atom>::with<done>,
    /// For tests of the supervision: the actor of this kind dies as if it had thrown.
    caf::reacts_to<crash_atom, std::string>>;

/// Runs a site's subscriber and reporter.
using site_supervisor_actor = caf::typed_actor<
    /// The back-off of the child of this name is over.
    caf::reacts_to<restart_atom, std::string>,
    /// Drains what is in flight and leaves the group.
    when<stop_atom>::with<done>,
    /// For tests of the supervision: the actor of this kind dies as if it had thrown.
    caf::reacts_to<crash_atom, std::string>>;

/// Gathers what the stages tell into the figures that run prints, and knows when a page is applied at every
/// site.
using scoreboard_actor = caf::typed_actor<
    caf::reacts_to<page_receipt>, caf::reacts_to<std::string, applied_receipt>, caf::reacts_to<stage_event>,
    /// So many entries of its topics are not applied yet at this site, of the partitions that this process has.
    caf::reacts_to<lag_atom, std::string, std::int64_t>,
    /// This source's group begins after this position: the pages before it are in Kafka, whatever became of
    /// their receipts.
    caf::reacts_to<start_atom, std::string, source_position>,
    /// Answers when this many pages of every source are applied at every site of this process.
    when<pages_atom, std::uint64_t>::with<done>,
    /// The figures so far, as JSON; with those of each page, or without.
    when<figures_atom, bool>::with<std::string>>;

/// The root: every source and site that the topology gives this node.
using node_supervisor_actor = caf::typed_actor<
    /// Stops sources first, then sites; answers when all have drained.
    when<stop_atom>::with<done>,
    /// For tests of the supervision: the actor of this kind, somewhere below, dies as if it had thrown.
    caf::reacts_to<crash_atom, std::string>>;

}  // namespace matricula
