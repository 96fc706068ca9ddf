package settings

import (
	"regexp"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/aws"
)

// Hub says that one deployment, in the account Account, watches accounts of the organization.
type Hub struct {
	// Account is the account that the hub is deployed in.
	Account string `json:"account"`
	// Watch says which accounts are watched; Except are left out of them.
	Watch  Watched  `json:"watch,omitzero"`
	Except []string `json:"except,omitzero"`
	// Deploy is how the members' stacks are deployed: DeployStackSet or DeployNone. CallAs is who the hub's account is to
	// AWS CloudFormation: CallAsDelegatedAdmin or CallAsSelf.
	Deploy string `json:"deploy,omitzero"`
	CallAs string `json:"callAs,omitzero"`
	// Root is the ID of the root of the organization, which a StackSet for all accounts or for some of them is deployed to.
	Root string `json:"root,omitzero"`
}

// The ways to deploy the members' stacks: a StackSet of the hub's, or none, where somebody else deploys them.
const (
	DeployStackSet = "stackset"
	DeployNone     = "none"
)

// The values of CallAs, which are those of AWS CloudFormation:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-stackset.html
const (
	CallAsSelf           = "SELF"
	CallAsDelegatedAdmin = "DELEGATED_ADMIN"
)

// Watched are the accounts that a hub watches: all of the organization, those that are named, or those in organizational units and in the
// units below them. One of the three is set.
type Watched struct {
	All      bool
	Accounts []string
	OUs      []string
}

// watchAll is the word for all accounts.
const watchAll = "all"

// unitID is the form of the ID of an organizational unit, and rootID that of a root:
// https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html
var (
	unitID = regexp.MustCompile(`^ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}$`)
	rootID = regexp.MustCompile(`^r-[0-9a-z]{4,32}$`)
)

// MarshalJSON writes "all", the list of accounts, or {"ous": [...]}.
func (w Watched) MarshalJSON() ([]byte, error) {
	switch {
	case w.All:
		return json.Marshal(watchAll)
	case w.OUs != nil:
		return json.Marshal(map[string][]string{"ous": w.OUs})
	}
	return json.Marshal(w.Accounts)
}

func (r *reader) hub(m member) *Hub {
	h := &Hub{Watch: Watched{All: true}, Deploy: DeployStackSet, CallAs: CallAsDelegatedAdmin}
	members := r.object(m.path, m.value)
	r.required(m.path, m.value, members, "account")
	for _, f := range members {
		switch f.key {
		case "account":
			if h.Account = r.text(f); h.Account != "" && !aws.IsAccountID(h.Account) {
				r.wrong(f.path, f.value, "it is not the ID of an account")
			}
		case "watch":
			h.Watch = r.watched(f)
		case "except":
			h.Except = r.texts(f, notAccount)
		case "deploy":
			h.Deploy = r.oneOf(f, DeployStackSet, DeployNone)
		case "callAs":
			h.CallAs = r.oneOf(f, CallAsDelegatedAdmin, CallAsSelf)
		case "root":
			if h.Root = r.text(f); h.Root != "" && !rootID.MatchString(h.Root) {
				r.wrong(f.path, f.value, "it is not the ID of a root, such as r-ab12")
			}
		default:
			r.stranger(f, "account", "watch", "except", "deploy", "callAs", "root")
		}
	}
	return h
}

func (r *reader) watched(m member) Watched {
	if m.value.Kind() == '"' {
		if word := r.text(m); word != watchAll {
			r.wrong(m.path, m.value, `it must be %q, a list of accounts, or {"ous": [...]}`, watchAll)
		}
		return Watched{All: true}
	}
	if m.value.Kind() == '[' {
		accounts := r.texts(m, notAccount)
		if len(accounts) == 0 {
			r.wrong(m.path, m.value, "it names no account")
		}
		return Watched{Accounts: accounts}
	}
	var w Watched
	members := r.object(m.path, m.value)
	r.required(m.path, m.value, members, "ous")
	for _, f := range members {
		if f.key != "ous" {
			r.stranger(f, "ous")
			continue
		}
		if w.OUs = r.texts(f, notUnit); len(w.OUs) == 0 {
			r.wrong(f.path, f.value, "it names no organizational unit")
		}
	}
	return w
}

func notUnit(id string) string {
	if unitID.MatchString(id) || rootID.MatchString(id) {
		return ""
	}
	return "is not the ID of an organizational unit or root, such as ou-ab12-c3d4e5f6"
}

// hubFits finds what is wrong with a hub of an organization that is set so.
func (r *reader) hubFits(m member, o Organization) {
	h := o.Hub
	if h == nil {
		if len(o.Overrides) > 0 {
			r.wrong(m.path, m.value, "it lacks \"hub\": without a hub, one account is watched, and overrides has no meaning")
		}
		return
	}
	if o.ID == "" {
		r.wrong(m.path, m.value, "it lacks \"id\": with a hub, the policies of the event bus and of the roles name the organization")
	}
	for _, a := range h.Except {
		if slices.Contains(h.Watch.Accounts, a) {
			r.wrong(m.path, m.value, "account %s is both in hub.watch and in hub.except", a)
		}
	}
}

// hubDeploys finds what a deployment lacks of a hub.
func (r *reader) hubDeploys(s Stack) {
	if h := s.Organization.Hub; h != nil && h.Deploy == DeployStackSet && h.Watch.OUs == nil && h.Root == "" {
		r.wrong("organization.hub", quoted(h), "it lacks \"root\", the ID of the organization's root: a StackSet for accounts that are not named by organizational units is deployed to it. "+
			"rolewatch organization check prints it")
	}
}

func (r *reader) oneOf(m member, words ...string) string {
	word := r.text(m)
	if word != "" && !slices.Contains(words, word) {
		r.wrong(m.path, m.value, "it must be one of %q", words)
	}
	return word
}
