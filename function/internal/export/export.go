// Package export is an AWS account as a folder of plain AWS CLI outputs, so that anybody can make one:
//
//	iam*.json                     aws iam get-account-authorization-details
//	functions*.json               aws lambda list-functions --function-version ALL
//	event-source-mappings*.json   aws lambda list-event-source-mappings
//	invoke-configs*.json          aws lambda list-function-event-invoke-configs
//	function-urls*.json           aws lambda list-function-url-configs
//	capacity-providers*.json      aws lambda list-capacity-providers
//	aliases*.json                 aws lambda list-aliases
//	function-policies/NAME.json   aws lambda get-policy; NAME.QUALIFIER.json for a version's or alias's own, and
//	                              REGION/NAME.json where functions of several Regions have one name
//	organization.json             {"scps":[[policy...]...], "rcps":[[policy...]...]}, a list for each level from the root
//	not-read.json                 {"NotRead":[{"Input":"...", "Why":"..."}...]}, why rolewatch export left out an input
//
// Each file may be there several times, with a suffix, may hold several pages, and may be compressed (.json.gz). What a
// missing file would say is unknown; what is configured under an alias that no aliases.json lists counts for every version of
// its function. The package reads the folder and answers as an account does; it judges nothing.
package export

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/parallel"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Account is an exported account. What it answers never changes after Read, and it is safe for concurrent use.
type Account struct {
	dir string
	// id and partition are those of the ARNs in it.
	id, partition string

	roles    map[string]*detail
	keys     []string
	policies map[string]managedPolicy
	holders  map[string][]string
	texts    policyTexts

	functions map[string][]*role.Function
	// arns are the functions of a Region, in order.
	arns map[string][]string
	// users are the versions that use a role, by its key.
	users map[string][]role.Function

	providers role.Providers

	scps, rcps role.Maybe[[][]policy.Part]
	// iamUsers are by their ARNs and iamGroups by their names; noUsers says why they are not all known.
	iamUsers  map[string]*userDetail
	iamGroups map[string]*groupDetail
	noUsers   string
	// noRoles, noPolicies and noFunctions say why those are not all known; empty when they are.
	noRoles, noPolicies, noFunctions string
	missingFacts                     []string
	// others are what else is in the folder, and strays the files of resource policies that belong to no function.
	others, strays []string
	// unlisted says what is named in it and not listed.
	unlisted []role.Gap
}

// kind is one kind of file in an export.
type kind struct {
	prefix string
	// command makes the file, and keys are what its output has at the top, any of them.
	command string
	keys    []string
	// read reads a file, and gives what takes it in.
	read func(*file) (take, error)
}

// take takes in what was read of a file.
type take func(*reading) error

// kinds are the files of an export.
var kinds = []kind{
	{"iam", "aws iam get-account-authorization-details", []string{"RoleDetailList", "Policies", "UserDetailList", "GroupDetailList"}, readIAM},
	{"functions", "aws lambda list-functions --function-version ALL", []string{"Functions"}, readFunctions},
	{"event-source-mappings", "aws lambda list-event-source-mappings", []string{"EventSourceMappings"}, readMappings},
	{"invoke-configs", "aws lambda list-function-event-invoke-configs", []string{"FunctionEventInvokeConfigs"}, readInvokeConfigs},
	{"function-urls", "aws lambda list-function-url-configs", []string{"FunctionUrlConfigs"}, readFunctionURLs},
	{"capacity-providers", "aws lambda list-capacity-providers", []string{"CapacityProviders"}, readProviders},
	{"aliases", "aws lambda list-aliases", []string{"Aliases"}, readAliases},
	{"organization", `a file of the form {"scps":[[policy]],"rcps":[[policy]]}`, []string{"scps", "rcps"}, readOrganization},
	{"not-read", "rolewatch export", []string{"NotRead"}, readNotRead},
}

// kindOf tells which kind of file a name belongs to: the prefix, alone or with a suffix set off by no letter.
func kindOf(name string) *kind {
	stem, isJSON := cutJSON(name)
	if !isJSON {
		return nil
	}
	for i := range kinds {
		rest, ok := strings.CutPrefix(stem, kinds[i].prefix)
		if ok && (rest == "" || !isLetter(rest[0])) {
			return &kinds[i]
		}
	}
	return nil
}

// cutJSON takes the end off the name of a file of JSON, which may be compressed.
func cutJSON(name string) (stem string, ok bool) {
	return strings.CutSuffix(strings.TrimSuffix(name, ".gz"), ".json")
}

func isLetter(b byte) bool { return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' }

// Read reads an export. Its errors name the file, where in it, and what was expected.
func Read(dir string) (*Account, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read account export: %w", err)
	}
	r := newReading(dir)
	var sources []source
	for _, entry := range entries {
		name := entry.Name()
		if name == "function-policies" && entry.IsDir() {
			r.hasPolicies = true
			policies, err := functionPolicies(filepath.Join(dir, name))
			if err != nil {
				return nil, fmt.Errorf("read account export: %w", err)
			}
			sources = append(sources, policies...)
		} else if k := kindOf(name); k != nil && !entry.IsDir() {
			sources = append(sources, source{filepath.Join(dir, name), k.open})
		} else if !strings.HasPrefix(name, ".") {
			r.others = append(r.others, name)
		}
	}
	if len(sources) == 0 && !r.hasPolicies {
		if slices.ContainsFunc(r.others, aws.IsAccountID) {
			return nil, fmt.Errorf("read account export: %s has folders of several accounts: name the folder of one account, or use scan or paths, which read them all", dir)
		}
		return nil, fmt.Errorf("read account export: %s holds no file of an export: expected iam.json (%s) and functions.json (%s)",
			dir, kinds[0].command, kinds[1].command)
	}
	if err := r.takeIn(sources); err != nil {
		return nil, fmt.Errorf("read account export: %w", err)
	}
	account, err := r.account()
	if err != nil {
		return nil, fmt.Errorf("read account export: %w", err)
	}
	return account, nil
}

// source is a file of the export, and what reads it.
type source struct {
	path string
	open func(path string) (take, error)
}

// takeIn reads files, several at a time, and takes them in in their order: what is told of them does not hang on which was
// read first.
func (r *reading) takeIn(sources []source) error {
	takes, errs := make([]take, len(sources)), make([]error, len(sources))
	parallel.Each(len(sources), func(i int) { takes[i], errs[i] = sources[i].open(sources[i].path) })
	for i := range sources {
		if err := errs[i]; err != nil {
			return err
		}
		if err := takes[i](r); err != nil {
			return err
		}
		takes[i] = nil
	}
	return nil
}

// open reads one file and holds it to its kind.
func (k *kind) open(path string) (take, error) {
	files, err := openFile(path)
	if err != nil {
		return nil, err
	}
	takes := make([]take, len(files))
	for i, f := range files {
		if !slices.ContainsFunc(k.keys, func(key string) bool { return f.has[key] }) {
			return nil, fmt.Errorf("%s: expected the output of %s, with %s", path, k.command, strings.Join(k.keys, ", "))
		}
		if takes[i], err = k.read(f); err != nil {
			return nil, err
		}
		f.body = nil // What is taken in has copies, and waits for other files.
	}
	return func(r *reading) error {
		for _, one := range takes {
			if err := one(r); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// ID is the account's number, empty when no ARN in the export tells.
func (a *Account) ID() string { return a.id }

// Partition is the ARN partition, "aws" when no ARN in the export tells.
func (a *Account) Partition() string { return a.partition }

// Regions are those that the export has functions in, in order.
func (a *Account) Regions() []string { return slices.Sorted(maps.Keys(a.arns)) }

// Missing says what the export does not tell, a sentence for each missing input.
func (a *Account) Missing() []role.Gap {
	var out []role.Gap
	add := func(what string) {
		out = append(out, role.Gap{What: what, SettledBy: role.NotExported(what).SettledBy()})
	}
	for _, why := range []string{a.noRoles, a.noPolicies, a.noFunctions} {
		if why != "" {
			add(why)
		}
	}
	if len(a.others) > 0 {
		out = append(out, role.Gap{
			What:      a.dir + " has files that are none of an export's and were not read: " + strings.Join(a.others, ", "),
			SettledBy: "Rename the files as the documentation of exports names them, or remove them from the folder.",
		})
	}
	if len(a.strays) > 0 {
		out = append(out, role.Gap{
			What:      "resource policies: " + strings.Join(a.strays, ", ") + words.Either(len(a.strays), " belongs", " belong") + " to no function that the export lists",
			SettledBy: "Name each file after its function, as FUNCTION.json or FUNCTION.QUALIFIER.json, in a folder of its Region where several Regions have a function of the name; or remove the file.",
		})
	}
	out = append(out, a.unlisted...)
	for _, what := range a.missingFacts {
		add(what)
	}
	for _, m := range []role.Maybe[[][]policy.Part]{a.scps, a.rcps} {
		if m.State() == role.Unknown {
			add(m.Why())
		}
	}
	return out
}
