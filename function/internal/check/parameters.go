package check

import (
	"time"

	"github.com/rolewatch/rolewatch/function/policy"
)

// Parameters are what checks have to be told, for no account says it: whom its owner trusts, and what must never be.
type Parameters struct {
	// TrustedAccounts are the IDs of accounts that may come in from outside.
	TrustedAccounts []string
	// Organization is the ID of the account's organization ("o-..."), empty where it is not told; OrganizationAccounts are
	// its accounts, as far as they are told.
	Organization         string
	OrganizationAccounts []string
	// LayerAccounts are the IDs of accounts whose layers may be used.
	LayerAccounts []string
	// Never is what no execution role may be able to do: statements without Effect and Principal.
	Never []Never
	// Managers are tools and roles that may edit what CloudFormation or Terraform made: ARN patterns of actors.
	Managers []string
}

// Never is one thing that no execution role may be able to do.
type Never struct {
	// Name is what findings call it.
	Name string
	// Document is an identity policy with one Deny statement on what must not be allowed.
	Document *policy.Document
}

// Exception spares the roles and functions with a tag from some checks until a day.
type Exception struct {
	// Checks are the IDs; none means all.
	Checks []string
	// Tag is the tag's key, and Value its value; an empty one means any.
	Tag, Value string
	// Reason is shown with what is spared; Until is when it ends, to the second.
	Reason string
	Until  time.Time
}
