// What nearly every page needs, so that it makes one chunk: a dozen small ones cost a slow line a second in headers. The
// page, each section and each page that comes later import './names'
import './offline/spool'
import './prisons'
import './uuid'
import './components/day_links'
import './components/later'
import './components/loaded'
import './pages/missing'
