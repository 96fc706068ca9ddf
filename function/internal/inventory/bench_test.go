package inventory_test

import (
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/export"
	"github.com/rolewatch/rolewatch/function/internal/inventory"
	"github.com/rolewatch/rolewatch/function/internal/largeaccount"
	"github.com/rolewatch/rolewatch/function/internal/reach"
)

var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// listed are the entries of an account of a size.
func listed(tb testing.TB, profile largeaccount.Profile, roles int) []inventory.Entry {
	tb.Helper()
	dir := tb.TempDir()
	if err := largeaccount.Write(dir, profile, roles, 2*roles, 1); err != nil {
		tb.Fatal(err)
	}
	account, err := export.Read(dir)
	if err != nil {
		tb.Fatal(err)
	}
	var entries []inventory.Entry
	for marker := ""; ; {
		page, next, err := account.RolePage(tb.Context(), marker)
		if err != nil {
			tb.Fatal(err)
		}
		for i := range page {
			entries = append(entries, inventory.OfRole(&page[i], now))
		}
		if marker = next; marker == "" {
			break
		}
	}
	for _, region := range account.Regions() {
		for marker := ""; ; {
			page, next, err := account.FunctionPage(tb.Context(), region, marker)
			if err != nil {
				tb.Fatal(err)
			}
			for i := range page {
				entries = append(entries, inventory.OfVersion(&page[i], now))
			}
			if marker = next; marker == "" {
				break
			}
		}
	}
	return entries
}

// BenchmarkInventory reads the inventory of an account as an execution environment does that has nothing in memory, and builds the graph.
func BenchmarkInventory(b *testing.B) {
	for name, profile := range map[string]largeaccount.Profile{"dense": largeaccount.Dense, "sparse": largeaccount.Sparse} {
		for _, roles := range []int{500, 5000} {
			entries := listed(b, profile, roles)
			var stored [][]byte
			for _, page := range inventory.Pack(entries) {
				text, err := json.Marshal(page)
				if err != nil {
					b.Fatal(err)
				}
				stored = append(stored, text)
			}
			entries = nil
			read := func() *inventory.Inventory {
				var pages [][]inventory.Entry
				for _, text := range stored {
					var page inventory.Page
					if err := json.Unmarshal(text, &page); err != nil {
						b.Fatal(err)
					}
					list, err := page.Unpack()
					if err != nil {
						b.Fatal(err)
					}
					pages = append(pages, list)
				}
				inv, err := inventory.Load(inventory.Head{Generation: 1}, pages)
				if err != nil {
					b.Fatal(err)
				}
				return inv
			}
			b.Run(name+"/"+strconv.Itoa(roles)+"/read", func(b *testing.B) {
				for b.Loop() {
					read()
				}
				b.ReportMetric(float64(len(stored)), "pages")
			})
			inv := read()
			var g *reach.Graph
			b.Run(name+"/"+strconv.Itoa(roles)+"/graph", func(b *testing.B) {
				for b.Loop() {
					g = danger.NewGraph(inv.Listing(), now, check.Parameters{})
				}
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				b.ReportMetric(float64(m.HeapAlloc)/(1<<20), "MiB-held")
			})
			runtime.KeepAlive(g)
		}
	}
}
