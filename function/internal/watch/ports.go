package watch

import (
	"context"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/fanin"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inventory"
	"github.com/rolewatch/rolewatch/function/internal/message"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
)

// account reads the AWS account. What a call would have read that is denied, or that the endpoint does not support, is
// unknown (role.ErrUnread where the call lists something as a whole); what does not exist is absent; any other error means that
// the record is requeued.
type account interface {
	// Role reads every part of a role, less its users.
	Role(ctx context.Context, ref role.Ref) (role.Snapshot, error)
	// PolicyRoles lists the roles that a managed policy is attached to, as a policy or as a boundary.
	PolicyRoles(ctx context.Context, policyARN string) ([]role.Ref, error)
	// Function reads every version of a function; none when it does not exist.
	Function(ctx context.Context, arn string) ([]role.Function, error)
	// MappingFunction gives the ARN of the function that an event source mapping of a Region invokes, unqualified; empty when
	// there is no such mapping.
	MappingFunction(ctx context.Context, region, id string) (string, error)
	// Providers lists the capacity providers of the Regions that are watched. What was listed lately may stand, but for the Region
	// that is to be read anew. It fails only where that one cannot be listed; of others that cannot be, the list is unknown.
	Providers(ctx context.Context, anew string) (role.Providers, error)
	// RolePage reads roles with all their parts, and the marker of the next page, empty at the end.
	RolePage(ctx context.Context, marker string) ([]role.Snapshot, string, error)
	// FunctionPage reads function versions of one Region.
	FunctionPage(ctx context.Context, region, marker string) ([]role.Function, string, error)
}

// store keeps what outlives an invocation.
type store interface {
	// Load reads states, strongly consistent; one that was never stored has Revision 0. Where some cannot be read, the error is a
	// *finding.UnreadError, and the others are there.
	Load(ctx context.Context, keys []string) ([]finding.State, error)
	// LoadNoted is Load, with the times that are noted for an account in the same read, by name; nil where those cannot be read.
	LoadNoted(ctx context.Context, account string, keys []string) ([]finding.State, map[string]time.Time, error)
	// Commit writes states, each only if its revision is still the one it was loaded with, and puts out into the
	// outbox, leased until then; all or nothing. It fails with finding.ErrConflict when a revision has moved on.
	Commit(ctx context.Context, states []finding.State, out []message.Outgoing, leased time.Time) error
	// Tally reads an account's tally, strongly consistent; one that was never stored has Revision 0. CommitTally is Commit
	// with a tally in the same transaction, under the same condition.
	Tally(ctx context.Context, account string) (finding.Tally, error)
	CommitTally(ctx context.Context, tally finding.Tally, states []finding.State, out []message.Outgoing, leased time.Time) error
	// Change reads a change to many roles, strongly consistent; one that was never stored has Revision 0. CommitChange writes it under the
	// same condition as Commit does states, with out in the same transaction.
	Change(ctx context.Context, account, id string) (fanin.Change, error)
	CommitChange(ctx context.Context, change fanin.Change, out []message.Outgoing, leased time.Time) error
	// CommitSlices is Commit with slices in the same transaction, one of each change, by the change's ID, and with a tally where it is not nil;
	// it fails with finding.ErrConflict when such a slice is there. Slices reads what is there, strongly consistent and in order.
	CommitSlices(ctx context.Context, account string, slices map[string]fanin.Slice, tally *finding.Tally, states []finding.State, out []message.Outgoing, leased time.Time) error
	Slices(ctx context.Context, account, id string) ([]fanin.Slice, error)
	// Digest lists the entries that an account's next digest takes, strongly consistent and in the order in which they were committed, as
	// out of KindDigest. CommitDigest takes entries away with out in the same transaction; it fails with finding.ErrConflict when one is gone.
	Digest(ctx context.Context, account string) ([]message.Outgoing, error)
	CommitDigest(ctx context.Context, taken, out []message.Outgoing, leased time.Time) error
	// Acts gives what people decided about findings of roles, by the key of the role, strongly consistent. Where some cannot be read, the
	// error says so and the others are there. ActedRoles lists the keys of the roles that have any.
	Acts(ctx context.Context, keys []string) (map[string][]finding.Act, error)
	ActedRoles(ctx context.Context) ([]string, error)
	// OpenRoles lists the keys of roles that have findings.
	OpenRoles(ctx context.Context) ([]string, error)
	// SaveDocuments keeps policy texts by their hash.
	SaveDocuments(ctx context.Context, texts []string) error
	// Document gives a saved text by its hash; false when there is none.
	Document(ctx context.Context, hash string) (string, bool, error)

	// Inventory reads the head of an account's inventory, strongly consistent; where none was ever stored it has Revision 0. If it is stored
	// and cannot be read, it has Revision inventory.NotRead, and the error is an *inventory.UnreadError. InventoryPages reads its pages by
	// their names, less those that are not there, with the same error; PutInventoryPage stores one, and DropInventoryPages deletes some.
	Inventory(ctx context.Context, account string) (inventory.Head, error)
	InventoryPages(ctx context.Context, account string, names []string) (map[string]inventory.Page, error)
	PutInventoryPage(ctx context.Context, account, name string, page inventory.Page) error
	DropInventoryPages(ctx context.Context, account string, names []string) error
	// CommitInventory writes a head, and changes to many roles, under the same condition as Commit does states, with out in the same
	// transaction. A head that could not be read is replaced.
	CommitInventory(ctx context.Context, head inventory.Head, changes []fanin.Change, out []message.Outgoing, leased time.Time) error

	// Outbox lists what is in the outbox and not leased at that time.
	Outbox(ctx context.Context, now time.Time) ([]message.Outgoing, error)
	// Lease takes one thing of the outbox until then; false when somebody else has it or it is gone.
	Lease(ctx context.Context, id string, now, until time.Time) (bool, error)
	// Delivered takes it out of the outbox.
	Delivered(ctx context.Context, id string) error
	// NoticeOnce notes that something was told for an account, and puts out into the outbox if it had not been.
	NoticeOnce(ctx context.Context, account, key string, out message.Outgoing, leased time.Time) (bool, error)

	// Episodes reads an account's open episodes, strongly consistent, and CommitEpisodes writes them under the same condition as
	// Commit does states, with out in the same transaction.
	Episodes(ctx context.Context, account string) (episode.Episodes, error)
	CommitEpisodes(ctx context.Context, episodes episode.Episodes, out []message.Outgoing, leased time.Time) error

	// Marks gives the times that are noted for an account, by name, strongly consistent. Mark notes one, unless a later one is noted.
	Marks(ctx context.Context, account string) (map[string]time.Time, error)
	Mark(ctx context.Context, account, name string, at time.Time) error

	// Users lists the function versions that use a role, by the index.
	Users(ctx context.Context, account, roleKey string) (role.Users, error)
	// Versions lists the versions of a function in the index.
	Versions(ctx context.Context, functionARN string) ([]role.Function, error)
	// PutVersions makes the index hold these versions of a function and no others.
	PutVersions(ctx context.Context, account, functionARN string, versions []role.Function) error
	// PutSwept adds versions that a sweep of this generation has seen.
	PutSwept(ctx context.Context, generation int64, versions []role.Function) error

	// Refused lists the ARNs of the roles of which a refused call for a function is remembered, and perhaps more.
	Refused(ctx context.Context, functionARN string) ([]string, error)
	// PutRefused and DropRefused note such a role, and take the note away.
	PutRefused(ctx context.Context, functionARN, roleARN string) error
	DropRefused(ctx context.Context, functionARN, roleARN string) error

	// SweepState tells of the sweep.
	SweepState(ctx context.Context, account string) (Sweep, error)
	// StartSweep leases a new generation until then; false when another sweep is under way.
	StartSweep(ctx context.Context, account string, now, until time.Time) (int64, bool, error)
	// IndexBuilt notes that the index holds every function as of a generation: what an older one wrote is gone.
	IndexBuilt(ctx context.Context, account string, generation int64) error
	// Search goes on with the search for unused items that the end of a sweep began and had no time for.
	Search(ctx context.Context) error
	// FinishSweep notes that a generation is complete and gives up its lease.
	FinishSweep(ctx context.Context, account string, generation int64, started time.Time) error
}

// Sweep is what is known of an account's sweeps.
type Sweep = finding.Sweep

// trail is CloudTrail's event history.
type trail interface {
	// LookUp gives records of calls in a Region that name a resource, the newest first, and the token of the next page, empty at the end.
	// It makes one call to CloudTrail, which answers two a second for an account and a Region. One that is denied, or that the endpoint
	// does not support, is role.ErrUnread.
	LookUp(ctx context.Context, region, resource string, from, to time.Time, page string) (records [][]byte, next string, err error)
}

// queue takes work items.
type queue interface {
	// Send puts a body into the queue, to arrive after delay (at most 15 minutes).
	Send(ctx context.Context, body []byte, delay time.Duration) error
	// Resend is Send for a body that could not be handled since a time, in that many attempts.
	Resend(ctx context.Context, body []byte, delay time.Duration, since time.Time, attempt int) error
}

// publisher tells people and machines.
type publisher interface {
	// Publish sends a rendered message, under its ID, to the topics that its kind belongs to.
	Publish(ctx context.Context, out message.Outgoing) error
}

// deployment reads what rolewatch consists of.
type deployment interface {
	// Read reads within the time of the context. What it cannot read is unknown.
	Read(ctx context.Context) *selfcheck.Facts
}

// canary tags rolewatch's own function.
type canary interface {
	// Send writes the tag selfcheck.CanaryTag with this value.
	Send(ctx context.Context, value string) error
}
