package check

import (
	"time"

	"github.com/rolewatch/rolewatch/function/policy"
)

// Parameters are what only the settings can say: whom the owner of the account trusts, and what is never allowed.
type Parameters struct {
	// TrustedAccounts are the IDs of other accounts that are trusted.
	TrustedAccounts []string
	// Organization is the ID of the account's organization ("o-..."), empty where the settings do not name it. OrganizationAccounts
	// are those of its accounts that the settings name.
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

// Exception exempts the roles and functions with a tag from some checks until a day.
type Exception struct {
	// Checks are the IDs; none means all.
	Checks []string
	// Tag is the tag's key, and Value its value; an empty one means any.
	Tag, Value string
	// Reason is shown with what is exempt; Until is when it ends, to the second.
	Reason string
	Until  time.Time
}
