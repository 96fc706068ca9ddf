package organization

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// Choice says which accounts of an organization are meant: those of Accounts, or those that are in Units or below them, or all where both
// are empty; without those of Except.
type Choice struct {
	// Accounts and Except are IDs of accounts, and Units those of organizational units or of the root.
	Accounts, Units, Except []string
}

// ChoiceList is one of the lists of a Choice.
type ChoiceList int

// The lists.
const (
	InAccounts ChoiceList = iota
	InUnits
	InExcept
)

// ChoiceError is a choice that cannot be meant, because of one of its lists.
type ChoiceError struct {
	List ChoiceList
	// Text says what is wrong with it.
	Text string
}

func (e *ChoiceError) Error() string { return e.Text }

// unitID is the form of the ID of an organizational unit and of a root
// (https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html, API_Root.html).
var unitID = regexp.MustCompile(`^(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|r-[0-9a-z]{4,32})$`)

// Check holds the IDs to their forms.
func (c Choice) Check() error {
	isUnit := func(id string) bool { return unitID.MatchString(id) }
	for _, l := range []struct {
		list ChoiceList
		ids  []string
		ok   func(string) bool
		want string
	}{
		{InAccounts, c.Accounts, awsfacts.IsAccountID, "the ID of an account: 12 digits"},
		{InUnits, c.Units, isUnit, "the ID of an organizational unit or of a root, such as ou-ab12-34cdefgh or r-ab12"},
		{InExcept, c.Except, awsfacts.IsAccountID, "the ID of an account: 12 digits"},
	} {
		wrong := slices.DeleteFunc(slices.Clone(l.ids), l.ok)
		if len(wrong) > 0 {
			return &ChoiceError{l.list, few(quoted(wrong), wrong) + ": not " + l.want}
		}
	}
	if len(c.Accounts) > 0 && len(c.Units) > 0 {
		return &ChoiceError{InUnits, "accounts are chosen by their IDs or by organizational units, not by both"}
	}
	return nil
}

func quoted(ids []string) []string {
	out := make([]string, 0, fewNamed)
	for _, id := range ids[:min(len(ids), fewNamed)] {
		out = append(out, fmt.Sprintf("%q", id))
	}
	return out
}

// fewNamed is how many IDs an error names.
const fewNamed = 3

// few names the first few of some IDs, and counts the others.
func few(names, all []string) string {
	if rest := len(all) - fewNamed; rest > 0 {
		return fmt.Sprintf("%s (and %d more)", strings.Join(names[:fewNamed], ", "), rest)
	}
	return words.List(names[:min(len(names), fewNamed)])
}

// Chosen are the accounts of an organization that a choice means.
type Chosen struct {
	// Accounts are to be read. Skipped cannot be read, because of their states. Others counts the accounts that are not chosen.
	Accounts, Skipped []Account
	Others            int
}

// Choose gives the accounts that a choice means, in the order of their IDs. Its error is a *ChoiceError.
func (o *Organization) Choose(c Choice) (Chosen, error) {
	if err := c.Check(); err != nil {
		return Chosen{}, err
	}
	for _, l := range []struct {
		list ChoiceList
		ids  []string
	}{{InAccounts, c.Accounts}, {InExcept, c.Except}} {
		unknown := slices.DeleteFunc(slices.Clone(l.ids), func(id string) bool { _, ok := o.find(id); return ok })
		if len(unknown) > 0 {
			return Chosen{}, &ChoiceError{l.list, few(unknown, unknown) + ": not in the organization " + o.ID}
		}
	}
	units := o.byID()
	if err := o.checkUnits(c.Units, units); err != nil {
		return Chosen{}, err
	}
	accounts, in, except := setOf(c.Accounts), setOf(c.Units), setOf(c.Except)
	var out Chosen
	for _, a := range o.Accounts {
		switch {
		case except[a.ID], len(accounts) > 0 && !accounts[a.ID], len(in) > 0 && !below(units, a.Parent, in):
			out.Others++
		case a.IsUsable():
			out.Accounts = append(out.Accounts, a)
		default:
			out.Skipped = append(out.Skipped, a)
		}
	}
	return out, nil
}

func (o *Organization) checkUnits(ids []string, units map[string]*Unit) error {
	if len(ids) > 0 && o.NoUnits != "" {
		return &ChoiceError{InUnits, "which accounts are in an organizational unit is not known: " + o.NoUnits}
	}
	unknown := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return units[id] != nil })
	if len(unknown) > 0 {
		return &ChoiceError{InUnits, few(unknown, unknown) + ": not an organizational unit of the organization " + o.ID}
	}
	return nil
}

func setOf(ids []string) map[string]bool {
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}
