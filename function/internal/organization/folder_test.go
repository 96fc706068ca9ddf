package organization_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/organization"
)

// put writes files into a folder, by their paths; one that ends in a slash is a folder.
func put(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(path, 0o755); err != nil {
				t.Fatal(err)
			}
		} else if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestAFolderOfAccountsIsKnown tells one from an export of one account, from nothing, and from what is neither.
func TestAFolderOfAccountsIsKnown(t *testing.T) {
	for _, c := range []struct {
		files  map[string]string
		folder bool
		err    string
	}{
		{nil, false, ""},
		{map[string]string{"iam.json": "{}", "function-policies/x.json": "{}"}, false, ""},
		{map[string]string{"111122223333/iam.json": "{}", "444455556666/iam.json": "{}", ".DS_Store": ""}, true, ""},
		{map[string]string{"accounts.json": `{"id":"o-a1b2c3d4e5","accounts":[]}`}, true, ""},
		{map[string]string{"111122223333/iam.json": "{}", "iam.json": "{}"}, true, "has iam.json, which is neither accounts.json nor a folder"},
		{map[string]string{"accounts.json": `{"accounts":[{"id":"12"}]}`}, true, `field accounts[0].id: "12" is not the ID of an account`},
		{map[string]string{"accounts.json": `[]`}, true, "not what rolewatch export --organization writes"},
	} {
		dir := put(t, c.files)
		f, ok, err := organization.OpenFolder(dir)
		if ok != c.folder || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) || ok && err == nil && f == nil {
			t.Errorf("%v: %v, %v, %v", c.files, f, ok, err)
		}
	}
	if _, ok, err := organization.OpenFolder(filepath.Join(t.TempDir(), "gone")); ok || err != nil {
		t.Errorf("a folder that does not exist: %v, %v", ok, err)
	}
}

// TestAFolderRemembersItsAccounts writes the list and reads it again, next to an account that the list does not have.
func TestAFolderRemembersItsAccounts(t *testing.T) {
	dir := put(t, map[string]string{"100000000001/iam.json": "{}", "200000000000/iam.json": "{}", "100000000002/": ""})
	f := organization.Folder{Dir: dir, Organization: *list(t, organizationOf(4))}
	for _, id := range []string{"100000000002", "100000000001", "100000000000", "100000000001"} {
		f.Select(id)
	}
	f.Note("100000000000", "it was denied", "Allow it.")
	f.Note("100000000001", "it was denied", "Allow it.")
	f.Note("100000000001", "", "")
	if err := f.Write(); err != nil {
		t.Fatal(err)
	}
	got, ok, err := organization.OpenFolder(dir)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if want := []string{"100000000000", "100000000001", "100000000002", "200000000000"}; !slices.Equal(got.Selected, want) {
		t.Errorf("selected are %q, want %q", got.Selected, want)
	}
	if !slices.Equal(got.Accounts[:5], f.Accounts) || len(got.Accounts) != 6 || got.Accounts[5] != (organization.Account{ID: "200000000000"}) {
		t.Errorf("the accounts are %+v", got.Accounts)
	}
	for id, has := range map[string]bool{"100000000001": true, "100000000002": false, "100000000003": false, "200000000000": true} {
		if got.Has(id) != has {
			t.Errorf("has %s: %v", id, !has)
		}
	}
	if why := got.WhyNot("100000000000"); why.Why != "it was denied" || why.SettledBy != "Allow it." {
		t.Errorf("why not: %+v", why)
	}
	if why := got.WhyNot("100000000002"); !strings.Contains(why.Why, "has no export of the account") || why.SettledBy == "" {
		t.Errorf("why not: %+v", why)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left %q", left)
	}
}
