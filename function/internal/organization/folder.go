package organization

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
)

// FileName is the file of a folder of accounts that says which accounts there are.
const FileName = "accounts.json"

// Folder is a folder with the exports of the accounts of an organization: one folder for each, named by its ID, and FileName.
type Folder struct {
	Dir string `json:"-"`
	Organization
	// Selected are the IDs of the accounts that were to be exported, in order, and Unread those of them that could not be.
	Selected []string `json:"selected"`
	Unread   []Unread `json:"unread,omitempty"`
}

// Unread says why an account is not in a folder.
type Unread struct {
	Account   string `json:"account"`
	Why       string `json:"why"`
	SettledBy string `json:"settledBy"`
}

// OpenFolder reads what a folder of accounts has. It is false for a folder of anything else, or that does not exist or is empty. Folders
// that are named by IDs of accounts, without FileName, are one, too.
func OpenFolder(dir string) (*Folder, bool, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read accounts: %w", err)
	}
	f := &Folder{Dir: dir}
	var accounts, others []string
	listed := false
	for _, e := range entries {
		switch name := e.Name(); {
		case name == FileName:
			listed = true
		case e.IsDir() && awsfacts.IsAccountID(name):
			accounts = append(accounts, name)
		case !strings.HasPrefix(name, "."):
			others = append(others, name)
		}
	}
	switch {
	case !listed && len(accounts) == 0:
		return nil, false, nil
	case len(others) > 0:
		return nil, true, fmt.Errorf("read accounts: %s has %s, which is neither %s nor a folder with the ID of an account", dir, few(others, others), FileName)
	}
	if listed {
		if err := f.read(); err != nil {
			return nil, true, fmt.Errorf("read accounts: %w", err)
		}
	}
	f.add(accounts)
	return f, true, nil
}

// read reads FileName.
func (f *Folder) read() error {
	path := filepath.Join(f.Dir, FileName)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, f); err != nil {
		return fmt.Errorf("%s: not what rolewatch export --organization writes: %w", path, err)
	}
	for i, a := range f.Accounts {
		if !awsfacts.IsAccountID(a.ID) {
			return fmt.Errorf("%s: field accounts[%d].id: %q is not the ID of an account", path, i, a.ID)
		}
	}
	slices.SortFunc(f.Accounts, func(a, b Account) int { return cmp.Compare(a.ID, b.ID) })
	return nil
}

// add adds accounts that have a folder and are not listed.
func (f *Folder) add(ids []string) {
	for _, id := range ids {
		if at, ok := f.find(id); !ok {
			f.Accounts = slices.Insert(f.Accounts, at, Account{ID: id})
		}
		f.Select(id)
	}
}

// Select notes that an account is to be exported.
func (f *Folder) Select(id string) {
	if at, ok := slices.BinarySearch(f.Selected, id); !ok {
		f.Selected = slices.Insert(f.Selected, at, id)
	}
}

// Path is the folder of an account.
func (f *Folder) Path(account string) string { return filepath.Join(f.Dir, account) }

// Has reports whether the export of an account is there. It is written completely or not at all.
func (f *Folder) Has(account string) bool {
	entries, err := os.ReadDir(f.Path(account))
	return err == nil && len(entries) > 0
}

// Note notes why an account could not be read; it forgets what was noted before where there is no reason.
func (f *Folder) Note(account string, why, settledBy string) {
	f.Unread = slices.DeleteFunc(f.Unread, func(u Unread) bool { return u.Account == account })
	if why != "" {
		f.Unread = append(f.Unread, Unread{account, why, settledBy})
		slices.SortFunc(f.Unread, func(a, b Unread) int { return cmp.Compare(a.Account, b.Account) })
	}
}

// WhyNot says why the folder does not have an account that was to be exported.
func (f *Folder) WhyNot(account string) Unread {
	for _, u := range f.Unread {
		if u.Account == account {
			return u
		}
	}
	return Unread{account, f.Dir + " has no export of the account", "Run rolewatch export --organization with the same folder again: it adds the accounts that the folder lacks."}
}

// Write writes FileName, completely or not at all.
func (f *Folder) Write() error {
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", FileName, err)
	}
	if err := os.MkdirAll(f.Dir, 0o755); err != nil {
		return fmt.Errorf("write %s: %w", FileName, err)
	}
	file, err := os.CreateTemp(f.Dir, ".rolewatch-accounts-")
	if err != nil {
		return fmt.Errorf("write %s: %w", FileName, err)
	}
	defer os.Remove(file.Name())
	_, err = file.Write(append(text, '\n'))
	err = errors.Join(err, file.Chmod(0o644), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), filepath.Join(f.Dir, FileName))
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", FileName, err)
	}
	return nil
}
