package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rolewatch/rolewatch/function/internal/organization"
)

// accountsFlags are the flags of commands that read the accounts of an organization.
type accountsFlags struct {
	organization            bool
	role, externalID        string
	accounts, units, except []string
	parallel                int
	// changed are the flags that were given.
	changed func(name string) bool
}

// The flags' names.
const (
	flagOrganization = "organization"
	flagRole         = "role"
	flagExternalID   = "external-id"
	flagAccounts     = "accounts"
	flagUnits        = "ou"
	flagExcept       = "except"
	flagParallel     = "parallel"
)

const (
	defaultParallel = 8
	mostParallel    = 64
)

// bind adds the flags to a command that does something ("scan") with each account.
func (f *accountsFlags) bind(cmd *cobra.Command, verb string) {
	flags := cmd.Flags()
	f.changed = flags.Changed
	flags.BoolVar(&f.organization, flagOrganization, false, verb+" the accounts of the organization that your credentials are in, each with a role that is assumed there")
	flags.StringVar(&f.role, flagRole, organization.DefaultRole, "`NAME` of the role that is assumed in each account of the organization, with its path if it has one")
	flags.StringVar(&f.externalID, flagExternalID, "", "external `ID` that the role's trust policy requires")
	flags.StringSliceVar(&f.accounts, flagAccounts, nil, "`IDs` of the accounts of the organization to "+verb+", or @FILE with one on each line; without it, all")
	flags.StringSliceVar(&f.units, flagUnits, nil, "`IDs` of the organizational units whose accounts are meant, with those of the units below them")
	flags.StringSliceVar(&f.except, flagExcept, nil, "`IDs` of accounts of the organization to leave out, or @FILE with one on each line")
	flags.IntVar(&f.parallel, flagParallel, defaultParallel, fmt.Sprintf("`NUMBER` of accounts to %s at the same time, up to %d", verb, mostParallel))
}

// roleName is the form of a role's name with its path
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html), and externalID that of an external ID
// (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html).
var (
	roleName   = regexp.MustCompile(`^([\w+=,.@-]+/)*[\w+=,.@-]{1,64}$`)
	externalID = regexp.MustCompile(`^[\w+=,.@:/-]{2,}$`)
)

// choice reads which accounts are meant. With folder the accounts are those of a folder of exports.
func (f *accountsFlags) choice(command string, folder bool) (organization.Choice, error) {
	for _, name := range []string{flagRole, flagExternalID, flagAccounts, flagUnits, flagExcept, flagParallel} {
		live := name == flagRole || name == flagExternalID
		if f.changed(name) && !f.organization && (live || !folder) {
			return organization.Choice{}, usagef("%s: --%s needs --%s", command, name, flagOrganization)
		}
	}
	switch {
	case !roleName.MatchString(f.role):
		return organization.Choice{}, usagef("%s: --%s: %q is not the name of a role", command, flagRole, f.role)
	case f.changed(flagExternalID) && (len(f.externalID) > 1224 || !externalID.MatchString(f.externalID)):
		return organization.Choice{}, usagef("%s: --%s: %q is not an external ID: 2 to 1224 letters, digits and _+=,.@:/-", command, flagExternalID, f.externalID)
	case f.parallel < 1 || f.parallel > mostParallel:
		return organization.Choice{}, usagef("%s: --%s: %d is not a number from 1 to %d", command, flagParallel, f.parallel, mostParallel)
	}
	var c organization.Choice
	for _, l := range []struct {
		name   string
		values []string
		into   *[]string
	}{{flagAccounts, f.accounts, &c.Accounts}, {flagUnits, f.units, &c.Units}, {flagExcept, f.except, &c.Except}} {
		ids, err := idsOf(l.values)
		if err == nil && f.changed(l.name) && len(ids) == 0 {
			err = errors.New("it names none")
		}
		if err != nil {
			return c, usagef("%s: --%s: %w", command, l.name, err)
		}
		*l.into = ids
	}
	return c, chosen(command, c.Check())
}

// folder opens the folder of exports of the accounts of an organization; nil where the command reads one account, or live ones. It refuses
// flags that do not go together, and gives which accounts are meant: files of IDs are read once, for they may be pipes.
func (f *accountsFlags) folder(command, dir string, live liveFlags) (*organization.Folder, organization.Choice, error) {
	if dir != "" {
		if f.organization {
			return nil, organization.Choice{}, usagef("%s: --%s reads the live accounts, and --account an export", command, flagOrganization)
		}
		if err := live.refuse(command); err != nil {
			return nil, organization.Choice{}, err
		}
		folder, ok, err := organization.OpenFolder(dir)
		if err != nil {
			return nil, organization.Choice{}, err
		}
		if ok {
			choice, err := f.choice(command, true)
			return folder, choice, err
		}
	}
	choice, err := f.choice(command, false)
	return nil, choice, err
}

// idsOf are IDs, those of files among them: longer lists than a command line takes.
func idsOf(values []string) (ids []string, err error) {
	for _, value := range values {
		file, isFile := strings.CutPrefix(value, "@")
		if !isFile {
			if value = strings.TrimSpace(value); value != "" {
				ids = append(ids, value)
			}
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		ids = append(ids, strings.FieldsFunc(string(text), func(r rune) bool { return strings.ContainsRune(" \t\r\n,", r) })...)
	}
	return ids, nil
}

// chosen names the flag of a choice that cannot be meant.
func chosen(command string, err error) error {
	var wrong *organization.ChoiceError
	if errors.As(err, &wrong) {
		name := map[organization.ChoiceList]string{
			organization.InAccounts: flagAccounts, organization.InUnits: flagUnits, organization.InExcept: flagExcept,
		}[wrong.List]
		return usagef("%s: --%s: %w", command, name, err)
	}
	return err
}
