package export

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/parallel"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// reading is an export while it is read.
type reading struct {
	dir           string
	id, partition string
	details       map[string]*detail
	policies      map[string]policyDetail
	managed       map[string]managedPolicy
	versions      map[string]*versionDetail
	// users are by their ARNs, and groups by their names, which only users refer to.
	users      map[string]*userDetail
	groups     map[string]*groupDetail
	scps, rcps role.Maybe[[][]policy.Part]
	// the files read, and those of them that say that there is more.
	iamFiles, roleFiles, userFiles, policyFiles, functionFiles int
	truncated                                                  []string
	// functionPages are the files that have functions of a Region. A last page may have none: those are counted.
	functionPages map[string]*pages
	emptyEnds     int
	// notRead says why inputs are missing, by input.
	notRead map[string][]string
	// others are files in the folder that are none of an export's.
	others []string

	facts
	// strayOf has files of resource policies that belong to no function, by a function that their text names, and by the empty text where it
	// names none.
	strayOf map[string]string
	// names counts the functions of each name, and policiesByName are the files of resource policies.
	names          map[string]int
	policiesByName map[string][]policyFile
}

type detail struct {
	*roleDetail
	ref   role.Ref
	file  string
	index int
}

func newReading(dir string) *reading {
	return &reading{
		dir: dir, users: map[string]*userDetail{}, groups: map[string]*groupDetail{}, details: map[string]*detail{}, policies: map[string]policyDetail{}, managed: map[string]managedPolicy{},
		versions: map[string]*versionDetail{}, functionPages: map[string]*pages{}, facts: newFacts(), names: map[string]int{}, notRead: map[string][]string{},
		scps: role.NotRead[[][]policy.Part](role.NotExported("service control policies: " + dir + " has no organization.json that lists them")),
		rcps: role.NotRead[[][]policy.Part](role.NotExported("resource control policies: " + dir + " has no organization.json that lists them")),
	}
}

// belongs refuses an export of two accounts.
func (r *reading) belongs(f *file, partition, account string) error {
	if r.id == "" {
		r.id, r.partition = account, partition
	}
	if r.id != account || r.partition != partition {
		return fmt.Errorf("%s: belongs to account %s (%s), other files to %s (%s): an export is of one account",
			f.path, account, partition, r.id, r.partition)
	}
	return nil
}

// versionDetail is one entry of list-functions (FunctionConfiguration in the API reference).
type versionDetail struct {
	FunctionName, FunctionArn, Version, Role string
	Environment                              *environmentDetail
	KMSKeyArn                                string
	LastModified                             moment
	MasterArn                                string
	settingsDetail

	arn string
}

// readFunctions reads one file of function versions.
func readFunctions(f *file) (take, error) {
	var in struct {
		Functions  []versionDetail
		NextMarker string
		NextToken  string
	}
	if err := decodeList(f, "Functions", &in, &in.Functions); err != nil {
		return nil, err
	}
	return func(r *reading) error {
		r.functionFiles++
		truncated := in.NextMarker != "" || in.NextToken != ""
		if len(in.Functions) == 0 && !truncated {
			r.emptyEnds++
		}
		regions := map[string]bool{}
		for i := range in.Functions {
			v := &in.Functions[i]
			function, err := aws.ParseFunctionARN(v.FunctionArn)
			if err != nil {
				return fmt.Errorf("%s: field Functions[%d].FunctionArn: %q is not the ARN of a function", f.path, i, v.FunctionArn)
			}
			if err := r.belongs(f, function.Partition, function.Account); err != nil {
				return err
			}
			if v.arn = function.Unqualified(); v.Version == "" {
				v.Version = cmp.Or(function.Qualifier, aws.LatestVersion)
			}
			if _, err := role.ParseRef(v.Role); err != nil {
				return fmt.Errorf("%s: field Functions[%d].Role (function %s): %w", f.path, i, v.FunctionName, err)
			}
			key := v.arn + ":" + v.Version
			if before, twice := r.versions[key]; twice && before.Role != v.Role {
				return fmt.Errorf("%s: %s is there twice, with roles %s and %s", f.path, key, before.Role, v.Role)
			}
			if err := v.LastModified.fault; err != nil {
				return fmt.Errorf("%s: field Functions[%d].LastModified: %w", f.path, i, err)
			}
			r.versions[key] = v
			regions[function.Region] = true
		}
		if len(regions) == 0 && truncated {
			regions[""] = true
		}
		for region := range regions {
			of := r.functionPages[region]
			if of == nil {
				of = &pages{}
				r.functionPages[region] = of
			}
			of.add(f, in.NextMarker, in.NextToken)
		}
		return nil
	}, nil
}

// readOrganization reads the policies of the organization.
func readOrganization(f *file) (take, error) {
	var in struct {
		SCPs *[][]document `json:"scps"`
		RCPs *[][]document `json:"rcps"`
	}
	if err := f.decode(&in); err != nil {
		return nil, err
	}
	return func(r *reading) error {
		for _, list := range []struct {
			name   string
			levels *[][]document
			kind   policy.Kind
			part   func(id string) role.Part
			into   *role.Maybe[[][]policy.Part]
		}{{"scp", in.SCPs, policy.SCP, role.SCPPart, &r.scps}, {"rcp", in.RCPs, policy.RCP, role.RCPPart, &r.rcps}} {
			if list.levels == nil {
				continue
			}
			if list.into.State() == role.Known {
				return fmt.Errorf("%s: field %ss: another file of the export has it too", f.path, list.name)
			}
			levels := make([][]policy.Part, 0, len(*list.levels))
			for i, level := range *list.levels {
				parts := make([]policy.Part, 0, len(level))
				for j, doc := range level {
					if err := cmp.Or(doc.fault, doc.notPolicy()); err != nil {
						return fmt.Errorf("%s: field %ss[%d][%d]: %w", f.path, list.name, i, j, err)
					}
					part := role.NewPolicy(list.part(fmt.Sprintf("%ss[%d][%d]", list.name, i, j)), doc.plain, list.kind)
					parts = append(parts, part.AsPart())
				}
				levels = append(levels, parts)
			}
			*list.into = role.Have(levels)
		}
		return nil
	}, nil
}

// account puts together what was read.
func (r *reading) account() (*Account, error) {
	a := &Account{
		dir: r.dir, id: r.id, partition: r.partition, texts: policyTexts{byText: map[policyText]role.Policy{}}, policies: r.managed,
		holders: map[string][]string{}, functions: map[string][]*role.Function{}, arns: map[string][]string{},
		users: map[string][]role.Function{}, scps: explained(r, "scps", r.scps), rcps: explained(r, "rcps", r.rcps), others: r.others,
	}
	a.providers = r.allProviders()
	if a.partition == "" {
		a.partition = aws.StandardPartition
	}
	switch {
	case r.roleFiles == 0:
		a.noRoles = r.because("iam", "roles: "+r.dir+" has no iam.json with RoleDetailList")
	case len(r.details) == 0:
		// With a filter for policies alone the command gives an empty list of roles.
		a.noRoles = "roles: " + r.dir + " has no iam.json with a role in RoleDetailList"
	case len(r.truncated) > 0 && len(r.truncated) == r.iamFiles:
		a.noRoles = "roles: " + r.truncated[0] + " is cut short (IsTruncated) and its other pages are missing"
	}
	a.iamUsers, a.iamGroups = r.users, r.groups
	if a.noUsers = a.noRoles; r.userFiles == 0 && a.noUsers == "" {
		a.noUsers = "users: " + r.dir + " has no iam.json with UserDetailList"
	}
	if r.policyFiles == 0 && r.roleFiles > 0 {
		a.noPolicies = "managed policies: " + r.dir + " has no iam.json with Policies"
	}
	switch {
	case r.functionFiles == 0:
		a.noFunctions = r.because("functions", "functions: "+r.dir+" has no functions.json")
	default:
		a.noFunctions = r.cutShort()
	}
	a.missingFacts = r.missingFacts()
	if err := r.putRoles(a); err != nil {
		return nil, err
	}
	r.putFunctions(a)
	return a, nil
}

func (r *reading) putRoles(a *Account) error {
	a.roles, a.keys = r.details, slices.Sorted(maps.Keys(r.details))
	for _, key := range a.keys {
		d := r.details[key]
		if err := d.check(); err != nil {
			return err
		}
		for _, p := range d.AttachedManagedPolicies {
			a.holders[p.PolicyArn] = append(a.holders[p.PolicyArn], key)
		}
		if b := d.PermissionsBoundary; b != nil && !slices.Contains(a.holders[b.PermissionsBoundaryArn], key) {
			a.holders[b.PermissionsBoundaryArn] = append(a.holders[b.PermissionsBoundaryArn], key)
		}
	}
	return nil
}

func (r *reading) putFunctions(a *Account) {
	masters := map[string]bool{}
	ofFunction := map[string][]*versionDetail{}
	for _, v := range r.versions {
		masters[v.MasterArn] = true
		ofFunction[v.arn] = append(ofFunction[v.arn], v)
	}
	arns := slices.Sorted(maps.Keys(ofFunction))
	for _, arn := range arns {
		r.names[aws.FunctionNameOf(arn)]++
	}
	r.byName()
	a.strays = r.findStrays(ofFunction)
	versions, keys := make([][]role.Function, len(arns)), make([][]string, len(arns))
	parallel.Each(len(arns), func(i int) {
		for _, v := range ofFunction[arns[i]] {
			f := v.function(masters)
			f.Config.RuntimeUpdates = explained(r, "runtime-management", f.Config.RuntimeUpdates)
			f.Config.Tags, f.Config.Status = explained(r, "tags", f.Config.Tags), explained(r, "state", f.Config.Status)
			versions[i] = append(versions[i], f)
		}
		slices.SortFunc(versions[i], role.ByVersion)
		r.assemble(versions[i])
		for j := range versions[i] {
			keys[i] = append(keys[i], versions[i][j].RoleKey())
		}
	})
	if a.noFunctions == "" {
		listed := make(map[string][]role.Function, len(arns))
		for i, arn := range arns {
			listed[arn] = versions[i]
		}
		a.unlisted = r.unlisted(listed)
	}
	users := map[string]int{}
	for _, key := range slices.Concat(keys...) {
		users[key]++
	}
	// Each version is once in memory, with the others that use its role.
	for key, n := range users {
		a.users[key] = make([]role.Function, 0, n)
	}
	for i, arn := range arns {
		function, _ := aws.ParseARN(arn) // It was parsed when it was read.
		a.arns[function.Region] = append(a.arns[function.Region], arn)
		for j, key := range keys[i] {
			list := append(a.users[key], versions[i][j])
			a.users[key] = list
			a.functions[arn] = append(a.functions[arn], &list[len(list)-1])
		}
		versions[i] = nil
	}
}
