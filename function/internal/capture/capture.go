// Package capture writes the live account as the folder of AWS CLI outputs that package export reads. It reads and writes;
// it judges nothing. Values of environment variables and the places of code are left out.
package capture

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// Source is the account that is written down.
type Source struct {
	IAM *iam.Client
	// Lambdas are one client for each Region.
	Lambdas map[string]*lambda.Client
	// Roles reads a page of roles, and the marker of the next one, where the endpoint does not support
	// iam:GetAccountAuthorizationDetails.
	Roles func(ctx context.Context, marker string) ([]role.Snapshot, string, error)
	// Limits reads the organization's policies: service control policies and resource control policies by level.
	Limits func(context.Context) (scps, rcps role.Maybe[[][]policy.Part], err error)
	// Tell is told what is being read.
	Tell func(string)
}

// Write writes the account into dir, which must not exist or be empty: all of it or nothing. It gives a sentence for
// everything that is not in the folder because a call was denied, or is not supported by the endpoint.
func Write(ctx context.Context, s Source, dir string) (missing []string, err error) {
	entries, err := os.ReadDir(dir)
	there := err == nil
	switch {
	case len(entries) > 0:
		return nil, fmt.Errorf("export: %s is not empty", dir)
	case !there && !errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("export: %w", err)
	}
	// A folder that is there may be a mount point, or where a shell stands: it stays, and is filled.
	parent := dir
	if !there {
		parent = filepath.Dir(filepath.Clean(dir))
	}
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	part, err := os.MkdirTemp(parent, ".rolewatch-export-")
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	defer os.RemoveAll(part)
	w := writing{Source: s, dir: part}
	if err := cmp.Or(w.run(ctx), w.notRead()); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	if err := place(part, dir, there); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	for _, m := range w.missing {
		missing = append(missing, m.sentence)
	}
	return missing, nil
}

// Replace writes the account as Write does, in place of what dir has. That stays until all is written.
func Replace(ctx context.Context, s Source, dir string) (missing []string, err error) {
	parent, name := filepath.Split(filepath.Clean(dir))
	if err := os.MkdirAll(cmp.Or(parent, "."), 0o755); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	room, err := os.MkdirTemp(cmp.Or(parent, "."), ".rolewatch-"+name+"-")
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	defer os.RemoveAll(room)
	written := filepath.Join(room, "new")
	if missing, err = Write(ctx, s, written); err != nil {
		return nil, err
	}
	// A folder cannot be renamed onto one that is not empty.
	if err := os.Rename(dir, filepath.Join(room, "old")); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("export: %w", err)
	}
	if err := os.Rename(written, dir); err != nil {
		return nil, errors.Join(fmt.Errorf("export: %w", err), os.Rename(filepath.Join(room, "old"), dir))
	}
	return missing, nil
}

// place gives what was written its name: the folder as a whole, or all that is in it where its name is taken.
func place(part, dir string, taken bool) error {
	if !taken {
		return errors.Join(os.Chmod(part, 0o755), os.Rename(part, dir))
	}
	entries, err := os.ReadDir(part)
	if err != nil {
		return err
	}
	for i, e := range entries {
		err := os.Rename(filepath.Join(part, e.Name()), filepath.Join(dir, e.Name()))
		if err == nil {
			continue
		}
		for _, before := range entries[:i] {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, before.Name())))
		}
		return err
	}
	return nil
}

// writing is an export under way.
type writing struct {
	Source
	dir     string
	missing []lack
	// partial are the kinds of file that some Region lacks: without it the others would say too much.
	partial []string
}

func (w *writing) run(ctx context.Context) error {
	if err := w.iam(ctx); err != nil {
		return err
	}
	for _, region := range slices.Sorted(maps.Keys(w.Lambdas)) {
		r := regional{writing: w, client: w.Lambdas[region], region: region}
		if err := r.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", region, err)
		}
	}
	if err := w.dropPartial(); err != nil {
		return err
	}
	return w.organization(ctx)
}

// dropPartial takes away the kinds of file that some Region lacks.
func (w *writing) dropPartial() error {
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if slices.ContainsFunc(w.partial, func(kind string) bool { return strings.HasPrefix(e.Name(), kind) }) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(w.dir, e.Name())))
		}
	}
	return err
}

// iam writes roles and policies, those of AWS that are in use among them.
func (w *writing) iam(ctx context.Context) error {
	w.Tell("roles and policies")
	var out struct {
		RoleDetailList []iamtypes.RoleDetail
		Policies       []iamtypes.ManagedPolicyDetail
	}
	pages := iam.NewGetAccountAuthorizationDetailsPaginator(w.IAM, &iam.GetAccountAuthorizationDetailsInput{
		Filter: []iamtypes.EntityType{iamtypes.EntityTypeRole, iamtypes.EntityTypeLocalManagedPolicy, iamtypes.EntityTypeAWSManagedPolicy},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if why, refused := awsaccount.Refused("iam:GetAccountAuthorizationDetails", err); refused {
			return w.iamByName(ctx, why)
		}
		if err != nil {
			return fmt.Errorf("iam:GetAccountAuthorizationDetails: %w", err)
		}
		out.RoleDetailList, out.Policies = append(out.RoleDetailList, page.RoleDetailList...), append(out.Policies, page.Policies...)
	}
	return w.file("iam.json", out)
}

// organization writes the organization's policies, as far as they are known.
func (w *writing) organization(ctx context.Context) error {
	w.Tell("organization")
	scps, rcps, err := w.Limits(ctx)
	if err != nil {
		return err
	}
	out := map[string][][]json.RawMessage{}
	for name, m := range map[string]role.Maybe[[][]policy.Part]{"scps": scps, "rcps": rcps} {
		if m.State() == role.Unknown {
			w.lack(name, "", "organization.json, "+name, m.Reason())
			continue
		}
		out[name] = [][]json.RawMessage{}
		for _, level := range m.Or(nil) {
			texts := []json.RawMessage{}
			for _, part := range level {
				if part.Document != nil {
					texts = append(texts, part.Document.Source())
				}
			}
			out[name] = append(out[name], texts)
		}
	}
	if len(out) == 0 {
		return nil
	}
	return w.file("organization.json", out)
}

// file writes one file. Nobody reads it before the whole folder has its name.
func (w *writing) file(name string, value any) error {
	path := filepath.Join(w.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	// Lambda tells upper case from lower in a function's name, and not every file system does: nothing is written over.
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	e := json.NewEncoder(f)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return errors.Join(e.Encode(value), f.Close())
}

// folder makes a folder that may stay empty.
func (w *writing) folder(name string) error { return os.MkdirAll(filepath.Join(w.dir, name), 0o755) }

// fileName is what package export expects: a function's name, and its alias where the policy is that one's own.
func fileName(name, alias string) string {
	if alias == "" {
		return name + ".json"
	}
	return name + "." + alias + ".json"
}
